import { chromiumTest } from '../../helpers/chromium.ts';
import { WebsiteRig } from './website-rig.ts';

/** Tries what a page might do to the dashboard's origin, and writes down what came of it. */
const PAGE = `<!doctype html><title>guest</title><img id="image" src="image.svg"><p id="told"></p><script src="app.js"></script>`;
const SCRIPT = `
const told = {};
const attempt = (name, act) => { try { told[name] = String(act()); } catch (error) { told[name] = error.name; } };
attempt('origin', () => self.origin);
attempt('cookie', () => document.cookie);
attempt('storage', () => { localStorage.setItem('a', 'b'); return localStorage.getItem('a'); });
fetch('/api/tokens', { credentials: 'include' }).then((answer) => answer.text(), (error) => error.name).then((text) => {
  told.fetched = text;
  document.getElementById('told').textContent = JSON.stringify(told);
});`;
const IMAGE = '<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>';

async function guest(t: Parameters<typeof WebsiteRig.start>[0]): Promise<WebsiteRig> {
  const rig = await WebsiteRig.start(t);
  rig.answer = (response, { url = '' }) => {
    const [type, body] = url.startsWith('/app.js')
      ? ['text/javascript', SCRIPT]
      : url.startsWith('/image')
        ? ['image/svg+xml', IMAGE]
        : ['text/html', PAGE];
    response.setHeader('set-cookie', 'guests=own');
    response.writeHead(200, { 'content-type': type }).end(body);
  };
  return rig;
}

chromiumTest(
  'under a host of its own a website is a site like any other, and sees no cookie of ours',
  async (t, browser) => {
    const rig = await guest(t);
    const context = await browser.newContext();
    const page = await context.newPage();
    const ticket = await rig.ticket();
    await page.goto(ticket.href);
    t.is(page.url(), `${ticket.origin}/`);
    await page.waitForFunction('document.getElementById("told").textContent !== ""');
    const told = JSON.parse((await page.textContent('#told')) ?? '') as unknown;
    t.deepEqual(told, { origin: ticket.origin, cookie: 'guests=own', storage: 'b', fetched: PAGE });
    for (const { headers } of rig.asked) t.notRegex(headers.cookie ?? '', /layer/);
    await context.close();
  },
);

chromiumTest(
  'below the dashboard’s address a website’s page has its files, and nothing of the dashboard’s origin',
  async (t, browser) => {
    const rig = await guest(t);
    const context = await browser.newContext();
    const origin = `http://localhost:${rig.port}`;
    await context.addCookies([
      { name: 'layer_session', value: 'secret', url: origin, httpOnly: true, sameSite: 'Strict' },
    ]);
    const page = await context.newPage();
    const { pathname, search } = await rig.ticket('web/Layerfile', { host: `server.example:${rig.port}` });
    await page.goto(`${origin}${pathname}${search}`);
    t.true(page.url().startsWith(`${origin}${pathname}~`));
    await page.waitForFunction('document.getElementById("told").textContent !== ""');
    const told = JSON.parse((await page.textContent('#told')) ?? '') as unknown;
    t.deepEqual(told, { origin: 'null', cookie: 'SecurityError', storage: 'SecurityError', fetched: 'TypeError' });
    t.is(await page.evaluate('document.getElementById("image").naturalWidth'), 5);
    for (const { headers } of rig.asked) t.notRegex(headers.cookie ?? '', /layer/);
    await context.close();
  },
);
