import type { ComponentChildren } from 'preact';

import type { RequestFailure } from '../client/request.ts';
import { Button } from './button.tsx';

/** There is nothing here yet, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="told">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Failed({ failure, retry }: { readonly failure: RequestFailure; readonly retry?: () => void }) {
  return (
    <div class="told told-failed" role="alert">
      <h2>{failure.message}</h2>
      {failure.hint !== null && <p>{failure.hint}</p>}
      {retry !== undefined && failure.status !== 404 && <Button act={retry}>Try again</Button>}
    </div>
  );
}

/** Holds the room that the answer will take, and says so only to who waits long. */
export function Loading() {
  return (
    <div class="loading" role="status">
      <span>Loading…</span>
    </div>
  );
}
