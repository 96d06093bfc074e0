/** OpenAI and compatible servers, with or without a key. */
export {};
