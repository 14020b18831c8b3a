import { Project } from '../project.ts';
import { downloadPackages } from './packages.ts';

/** A machine with a running PostgreSQL, and a client in the middle of a transaction. Ten steps. */
const DATABASE_STEPS = `FROM vm/debian:12
COPY debs /opt/debs
COPY install.sh .
RUN bash install.sh /opt/debs
COPY fill.sh .
RUN bash fill.sh
COPY client.sh .
RUN BACKGROUND bash client.sh
COPY begin.sh .
RUN bash begin.sh
`;
const SCRIPTS = ['install.sh', 'fill.sh', 'client.sh', 'begin.sh'];

/** A project of that machine and what comes then, with these scripts of this folder besides. */
export function databaseProject(steps: string, scripts: readonly string[]): Project {
  const project = Project.of({ Layerfile: `${DATABASE_STEPS}${steps}` });
  try {
    project.copyIn([...SCRIPTS, ...scripts].map((name) => `${import.meta.dirname}/${name}`));
    downloadPackages(['postgresql'], `${project.repository}/debs`);
    return project;
  } catch (error) {
    project[Symbol.dispose]();
    throw error;
  }
}
