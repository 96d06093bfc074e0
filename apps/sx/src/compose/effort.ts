/** How hard the model shall think: the flag, else the first key of the chain that is not empty, else what `THINKING` says. */
import type { KeyName } from '@sx/config';
import { clampEffort, type Effort } from '@sx/llm';

import { CliError } from '../cli/cli-error.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Settings } from '../settings.ts';

const EFFORTS: readonly Effort[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Undefined: the provider's default. Emptiness, not presence, decides the chain; what was said for this call wins over it. */
export function effortOf({ config }: Settings, chain: readonly KeyName[]): Effort | undefined {
  const spoken = chain.find((key) => config.setting(key)?.tier === 'command-line' && config.text(key) !== undefined);
  const key = spoken ?? chain.find((candidate) => config.text(candidate) !== undefined);
  const value = key === undefined ? undefined : config.text(key);
  return EFFORTS.find((effort) => effort === value) ?? (config.on('THINKING') ? undefined : 'off');
}

/** Vendors' words in ours, weakest first. */
export function offeredEfforts(efforts: readonly string[]): Effort[] {
  return EFFORTS.filter((candidate) => clampEffort(candidate, efforts) === candidate);
}

/**
 * What was asked for in so many words must be had. From a file or the environment, where it stands for every model, an effort is
 * only a wish: the provider takes the nearest and says so.
 *
 * @param efforts - What the model takes, in the vendor's words; undefined: nobody knows, and the server will say.
 * @throws {CliError} `CLI_BAD_EFFORT`, naming what there is.
 */
export function checkEffort(args: Arguments, model: string, effort: Effort | undefined, efforts: readonly string[] | undefined): void {
  if (args.value('effort') === undefined || effort === undefined || efforts === undefined || clampEffort(effort, efforts) === effort) return;
  const offered = offeredEfforts(efforts);
  throw new CliError('CLI_BAD_EFFORT', `--effort ${effort}: ${model} ${offered.length === 0 ? 'takes no effort' : `takes ${offered.join(', ')}`}`, {
    hint: 'sx models lists what each model takes',
  });
}
