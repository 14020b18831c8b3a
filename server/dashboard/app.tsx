import { useEffect, useState } from 'preact/hooks';
import { Redirect, Route, Switch } from 'wouter-preact';

import { resumeSession } from './client/log-in.ts';
import { asFailure, type RequestFailure } from './client/request.ts';
import { session } from './client/session.ts';
import { useShortcuts } from './client/shortcuts.ts';
import { HistoryPage } from './pages/history/history-page.tsx';
import { JobPage } from './pages/job/job-page.tsx';
import { JobsPage } from './pages/jobs/jobs-page.tsx';
import { LoginPage } from './pages/login-page.tsx';
import { MachinesPage } from './pages/machines-page.tsx';
import { RepositoriesPage } from './pages/repositories/repositories-page.tsx';
import { RepositoryPage } from './pages/repositories/repository-page.tsx';
import { TokensPage } from './pages/tokens-page.tsx';
import { Header } from './parts/header.tsx';
import { Help } from './parts/help.tsx';
import { NoticeArea } from './parts/notice-area.tsx';
import { Page } from './parts/page.tsx';
import { Empty, Failed } from './parts/told.tsx';

export function App() {
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const resume = (): void => {
    setFailure(null);
    resumeSession().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(resume, []);
  if (failure !== null) return <Failed failure={failure} retry={resume} />;
  if (session.value === undefined) return null;
  return (
    <>
      {session.value === null ? <LoginPage /> : <Inside />}
      <NoticeArea />
    </>
  );
}

function Inside() {
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts({ '?': () => setHelpOpen(true) });
  return (
    <>
      <Header openHelp={() => setHelpOpen(true)} />
      <Switch>
        <Route path="/" component={JobsPage} />
        <Route path="/jobs">
          <Redirect to="/" replace />
        </Route>
        <Route path="/jobs/:id">{({ id }) => <JobPage key={id} id={Number(id)} />}</Route>
        <Route path="/machines" component={MachinesPage} />
        <Route path="/history" component={HistoryPage} />
        <Route path="/repositories" component={RepositoriesPage} />
        <Route path="/repositories/:name">{({ name }) => <RepositoryPage key={name} name={name} />}</Route>
        <Route path="/tokens" component={TokensPage} />
        <Route component={NothingHere} />
      </Switch>
      {isHelpOpen && <Help close={() => setHelpOpen(false)} />}
    </>
  );
}

function NothingHere() {
  return (
    <Page title="Nothing here">
      <Empty title="There is no such page.">
        <p>
          All jobs are <a href="/">on the first page</a>.
        </p>
      </Empty>
    </Page>
  );
}
