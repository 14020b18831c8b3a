/**
 * xterm.js writes <style> elements and `style` attributes, which a Content-Security-Policy without 'unsafe-inline' refuses. It may be
 * given another document to make elements with (its option `documentOverride`): this one makes a style element of a constructed style
 * sheet, and sets style attributes through the CSSOM, neither of which is inline.
 */
export function strictDocument(): Document {
  return new Proxy(document, {
    get: (target, name) => {
      if (name === 'createElement') return createElement;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value;
    },
  });
}

/** The scroll bar is made with the window's own document, whatever the option says: while `act` runs, that makes such elements too. */
export function withStrictElements<T>(act: () => T): T {
  Object.defineProperty(document, 'createElement', { value: createElement, configurable: true });
  try {
    return act();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
}

const HTML = 'http://www.w3.org/1999/xhtml';

function createElement(name: string): HTMLElement {
  if (name === 'style') return styleElement();
  const element = document.createElementNS(HTML, name);
  if (name === 'span') setStyleByProperty(element);
  return element;
}

/** What stands in for a <style>: shows nothing, and its text is a style sheet for as long as it is in the document. */
function styleElement(): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  const element = document.createElementNS(HTML, 'span');
  element.hidden = true;
  Object.defineProperty(element, 'textContent', { get: () => '', set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}

function setStyleByProperty(element: HTMLElement): void {
  element.setAttribute = (name: string, value: string) => {
    if (name === 'style') element.style.cssText = value;
    else Element.prototype.setAttribute.call(element, name, value);
  };
}
