/** How hard the model shall think: the flag, else the first key of the chain that is not empty, else what `THINKING` says. */
import type { KeyName } from '@sx/config';
import type { Effort } from '@sx/llm';

import type { Settings } from '../settings.ts';

const EFFORTS: readonly Effort[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Undefined: the provider's default. Emptiness, not presence, decides the chain; what was said for this call wins over it. */
export function effortOf({ config }: Settings, chain: readonly KeyName[]): Effort | undefined {
  const spoken = chain.find((key) => config.setting(key)?.tier === 'command-line' && config.text(key) !== undefined);
  const key = spoken ?? chain.find((candidate) => config.text(candidate) !== undefined);
  const value = key === undefined ? undefined : config.text(key);
  return EFFORTS.find((effort) => effort === value) ?? (config.on('THINKING') ? undefined : 'off');
}
