/** The ways to show a run (text, JSON in several shapes, later the screen) are printers of the same events. A printer may show several runs. */
import type { AgentEvent } from '@sx/agent';

export interface Printer {
  print(event: AgentEvent): Promise<void>;
  /** A run could not start, or broke without a `run-end`: a last word all the same. */
  fail(error: unknown, interrupted: boolean): Promise<void>;
  /** The process leaves at once, by a signal or a defect: the last word, without waiting. Does nothing once a result was shown. */
  abandon(error?: unknown): void;
}
