import { useEffect } from 'preact/hooks';

import type { WebsiteList } from '../../../api/schemas/index.ts';
import { send } from '../../client/request.ts';
import { isMember } from '../../client/session.ts';
import { useAnswer } from '../../client/use-answer.ts';
import { Button } from '../../parts/button.tsx';

/** What the job's machines expose. Opening one wakes its machine, where that has stopped. */
export function Websites({ job, isOver }: { readonly job: number; readonly isOver: boolean }) {
  const { value, reload } = useAnswer<WebsiteList>(`/api/jobs/${job}/websites`);
  useEffect(() => {
    if (isOver && value?.length === 0) reload();
  }, [isOver]);
  if (value === null || value.length === 0) return null;
  return (
    <div class="websites" role="group" aria-label="Websites">
      <span class="quiet">Websites</span>
      {value.map(({ id, layerfile, copy, path }) => (
        <Button
          key={`${id}${path}`}
          icon="open"
          disabled={!isMember.value}
          title={isMember.value ? `Opens in a new tab, from the machine of ${layerfile}` : 'Members open websites'}
          act={() => openWebsite(job, layerfile)}
        >
          {siteName(layerfile, copy)}
          <span class="quiet">{path}</span>
        </Button>
      ))}
    </div>
  );
}

/** The tab is opened before the server is asked: afterwards the browser would take it for a pop-up. */
async function openWebsite(job: number, layerfile: string): Promise<void> {
  const tab = window.open('', '_blank');
  try {
    const { url } = await send<{ readonly url: string }>('POST', `/api/jobs/${job}/websites`, { layerfile });
    if (tab === null) window.location.assign(url);
    else {
      tab.opener = null;
      tab.location.href = url;
    }
  } catch (error) {
    tab?.close();
    throw error;
  }
}

function siteName(layerfile: string, copy: number | undefined): string {
  const folder = layerfile.split('/').at(-2) ?? layerfile;
  return copy === undefined ? folder : `${folder} copy ${copy}`;
}
