import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

interface PageProps {
  /** Of the browser's tab. */
  readonly title: string;
  /** The page's heading; the title where it is absent. */
  readonly heading?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Page({ title, heading = title, tools, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Layer`;
  }, [title]);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <header class="page-header">
        <h1>{heading}</h1>
        {tools !== undefined && <div class="page-tools">{tools}</div>}
      </header>
      {children}
    </main>
  );
}
