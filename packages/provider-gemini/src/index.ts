/** Gemini through the Gemini API, with a key. */
export {};
