/**
 * Does an error say that the conversation is too long for the model? Vendors have no common code, so their wordings are
 * collected here, in one place. It drives compaction, so a rate limit must never be taken for it.
 */
const OVERFLOW = [
  /prompt (?:is )?too long/i, // Anthropic, Z.ai, Ollama
  /request_too_large|input length and .{0,8}max_tokens.{0,8} exceed context limit/i, // Anthropic
  /exceeds the context window/i, // OpenAI
  /context_length_exceeded|model_context_window_exceeded/i, // OpenAI
  /input token count.{0,80}exceeds the maximum/i, // Gemini
  /maximum context length (?:is|of) [\d,.]+/i, // OpenRouter, vLLM, DeepSeek
  /context window exceeded/i, // LiteLLM
  /exceeds the available context size/i, // llama.cpp
  /greater than the context length/i, // LM Studio
  /exceeded (?:max )?context length/i, // Ollama
  /maximum prompt length is [\d,.]+/i, // xAI
  /reduce the length of the messages/i, // Groq
  /exceeded model token limit/i, // Moonshot
  /context window exceeds limit/i, // MiniMax
  /range of input length should be/i, // Qwen
  /too large for model with [\d,.]+ maximum context length/i, // Mistral
  /token limit exceeded/i,
];
const OTHER_LIMIT = /rate.?limit|too many requests|throttling error/i;

export function isContextOverflow(text: string): boolean {
  return OVERFLOW.some((pattern) => pattern.test(text)) && !OTHER_LIMIT.test(text);
}
