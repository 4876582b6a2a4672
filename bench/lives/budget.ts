import { enforcementWorkflowId } from '../../workflows/messages.js';
import { progress, spread, tellAtMost } from '../measure/figures.js';
import { Departments } from './departments.js';
import type { LifeEnvironment } from './environment.js';
import { type HistoryFigures, historyOf } from './history.js';
import type { Lives } from './lives.js';

const SAMPLES = 12;
const SERVICES = ['AIC-01', 'BDC-02', 'PLN-01', 'TOU-02', 'HPF-01'];

/**
 * What one life leaves in Temporal: events, bytes and billable actions, of a life with one interception and of one with five. One thing after
 * the other, with nothing gathered up: the most that the process makes of it. The largest of the samples counts.
 */
export async function measureBudget(environment: LifeEnvironment, lives: Lives): Promise<void> {
  const worker = await environment.startWorker();
  const departments = await Departments.start(environment.departmentsPool);
  for (const [name, services] of [
    ['', SERVICES.slice(0, 1)],
    ['-with-five-interceptions', SERVICES],
  ] as const) {
    const histories = await Promise.all(Array.from({ length: SAMPLES }, () => oneLife(environment, lives, services)));
    const report = (figure: string, goal: number, unit: string, of: (history: HistoryFigures) => number): void => {
      const values = histories.map(of);
      const all = spread(values);
      tellAtMost(goal, { figure: figure + name, value: all[1], unit, runs: SAMPLES, spread: all });
    };
    report('history-events', 60, 'events', (history) => history.events);
    report('history-size', 12, 'KB', (history) => history.bytes / 1_024);
    report('billable-actions', 20, 'actions', (history) => history.actions);
  }
  progress('histories are counted');
  await departments.stop();
  await worker.stop();
}

async function oneLife(
  environment: LifeEnvironment,
  lives: Lives,
  services: readonly string[],
): Promise<HistoryFigures> {
  const opened = await lives.whole(services);
  // The row is written by the last step; the run is closed by the task after it.
  await environment.client.workflow.getHandle(enforcementWorkflowId(opened.defaulter)).result();
  return historyOf(environment.client, opened.defaulter);
}
