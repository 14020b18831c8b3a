import type { Scenario } from '../scenario.ts';
import { HOME_SCENARIOS } from './home.ts';
import { RUN_SCENARIOS } from './run.ts';
import { MACHINE_SCENARIOS } from './save.ts';
import { STORE_SCENARIOS } from './store.ts';
import { UPKEEP_SCENARIOS } from './upkeep.ts';

/** Everything that writes under a LAYER_HOME. Whatever is new there belongs here. */
export const SCENARIOS: readonly Scenario[] = [
  ...STORE_SCENARIOS,
  ...MACHINE_SCENARIOS,
  ...UPKEEP_SCENARIOS,
  ...HOME_SCENARIOS,
  ...RUN_SCENARIOS,
];

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined)
    throw new Error(`There is no scenario ${name}: ${SCENARIOS.map((each) => each.name).join(' ')}`);
  return found;
}
