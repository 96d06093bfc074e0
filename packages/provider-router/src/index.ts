/** Routers such as LiteLLM and OpenRouter. */
export {};
