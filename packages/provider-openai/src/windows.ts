/** Context windows of a local server's models, where it tells them elsewhere than in its list. */
import type { ModelInfo } from '@sx/llm';
import { callJson, type JsonCall } from '@sx/llm/call-json';
import { parseWindows } from '@sx/protocols/openai-chat/models';

/** It is only about figures: nobody waits long for them, and an older server has no such path. */
const TIMEOUT_MS = 2_000;

/** The same models, with the windows that `call` tells; as they were where it tells none. */
export async function withWindows(models: readonly ModelInfo[], call: JsonCall): Promise<readonly ModelInfo[]> {
  const answer = await callJson({ ...call, timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  const windows = parseWindows(answer?.value ?? null);
  return models.map((model) => {
    const contextWindowTokens = windows.get(model.id) ?? windows.get('*');
    return contextWindowTokens === undefined ? model : { ...model, capabilities: { ...model.capabilities, contextWindowTokens } };
  });
}
