/**
 * How a message begins that stands for the conversation before it. A file of its own: sessions are read without the rest of
 * compaction.
 */
export const COMPACTED_OPENING = '<compacted-conversation>';
