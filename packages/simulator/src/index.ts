export { demoTask } from './scripts/demo-task.ts';
export { scenarios } from './scripts/scenarios.ts';
export type { Counters, JournalEntry } from './server/journal.ts';
export { createSimulator, type Credentials, type Simulator, type SimulatorOptions, type SimulatorUrls } from './simulator.ts';
