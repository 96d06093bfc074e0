/**
 * A name of a model that nobody knows: neither the vendor's list, nor the embedded table, nor an alias. It is taken all the same,
 * since tables grow old, but said, with what it may have been meant for.
 */
import { nearest } from '@sx/config';
import type { Provider } from '@sx/llm';
import { fuzzyFilter } from '@sx/tui';

const LIST_WAIT_MS = 3_000;
const NEAR_MAX = 3;

/** Undefined where there is no doubt, or no list to doubt by. */
export async function modelDoubt(provider: Provider, name: string, signal: AbortSignal): Promise<string | undefined> {
  const model = provider.resolveModel(name);
  if (model !== name || provider.capabilities(model).contextWindowTokens !== undefined) return undefined;
  const asked = AbortSignal.any([signal, AbortSignal.timeout(LIST_WAIT_MS)]);
  const ids = (await provider.models({ signal: asked }).catch(() => [])).map(({ id }) => id);
  // A local server lists tags, a vendor resources.
  const isListed = [model, `${model}:latest`, model.replace(/^models\//, '')].some((id) => ids.includes(id));
  if (ids.length === 0 || isListed) return undefined;
  const closest = nearest(model, ids);
  const near = [...new Set([...(closest === undefined ? [] : [closest]), ...fuzzyFilter(ids, model, (id) => id)])].slice(0, NEAR_MAX);
  const advice = near.length === 0 ? '/model shows what is listed' : `near ${near.length === 1 ? 'is' : 'are'} ${near.join(', ')}`;
  return `${provider.id} does not list ${model}, which may be a slip: ${advice}`;
}
