/**
 * Efforts as the models take them. `capabilities.efforts` holds vendors' words, `none` for off; a request asks in ours.
 */
import type { Effort } from './request.ts';

const ASCENDING: readonly Effort[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/**
 * The nearest effort that the model takes: the same, else the next lower, else its lowest. Only `off` turns thinking off:
 * `minimal` never becomes `none`. Undefined where the model takes no effort at all.
 *
 * @param efforts - `ModelCapabilities.efforts`; undefined means unknown, and everything passes.
 */
export function clampEffort(effort: Effort, efforts: readonly string[] | undefined): Effort | undefined {
  if (efforts === undefined) return effort;
  const taken = ASCENDING.filter((candidate) => efforts.includes(candidate === 'off' ? 'none' : candidate));
  if (effort === 'off' && taken.includes('off')) return 'off';
  const thinking = taken.filter((candidate) => candidate !== 'off');
  const wanted = ASCENDING.indexOf(effort);
  return thinking.findLast((candidate) => ASCENDING.indexOf(candidate) <= wanted) ?? thinking[0];
}

/** Our word as most vendors write it. */
export function toWireEffort(effort: Effort): string {
  return effort === 'off' ? 'none' : effort;
}
