/** Every limit of the package, in one table. The unit is in the name. */
export const toolLimits = {
  pathCharsMax: 4_096,

  shellTimeoutMs: 120_000,
  shellTimeoutMsMax: 600_000,
  /** A shell line that would not fit one argument of execve (128 KiB on Linux). */
  shellCommandCharsMax: 100_000,
  /** What the model sees of an output: this much, half from the start and half from the end. */
  shellOutputCharsMax: 30_000,
  /** The whole output, kept in a file. A command that writes more is killed: it would never end. */
  shellOutputBytesMax: 64 * 1024 * 1024,
  /** A line without an end is passed on in pieces of this size. */
  shellLineCharsMax: 64 * 1024,
  /** After SIGTERM, before SIGKILL. */
  shellKillGraceMs: 1_000,
  /** After the shell has exited, how long a process it left behind may still hold the output open. */
  shellPipeGraceMs: 250,

  /** Background jobs, running or ended, that are remembered. */
  jobsMax: 8,
  /** Unread output of one job. */
  jobOutputCharsMax: 64 * 1024,
  jobWaitMsMax: 60_000,

  todoItemsMax: 50,
  todoTextCharsMax: 500,

  urlCharsMax: 4_096,
  webHopsMax: 5,
  /** All hops and the body together. */
  webTimeoutMs: 30_000,
  webBytesMax: 5 * 1024 * 1024,
  webCharsMax: 40_000,
  webErrorCharsMax: 2_000,

  /** Model requests of one task. */
  taskTurnsMax: 50,
  taskPromptCharsMax: 100_000,
  taskAnswerCharsMax: 50_000,

  readLines: 2_000,
  readBytesMax: 50 * 1024,
  readLineCharsMax: 2_000,
  /** Files that are read whole: for edits, for UTF-16, to know their content again. */
  wholeFileBytesMax: 32 * 1024 * 1024,
  /** How much of a file is looked at to tell text from binary. */
  sniffBytes: 8 * 1024,

  diffCharsMax: 8_000,
  /** Lines that are compared to explain why a text was not found. */
  nearestLinesMax: 20_000,

  listEntriesMax: 1_000,
  listDepthMax: 5,
  globResultsMax: 1_000,
  /** Entries that one walk looks at, ignored ones included. */
  walkEntriesMax: 1_000_000,
  walkDepthMax: 128,
  walkMsMax: 30_000,
  /** Synchronous work between two looks at the abort signal. */
  sliceMs: 20,
  ignoreFileBytesMax: 1024 * 1024,

  grepMatchesMax: 200,
  grepOutputCharsMax: 30_000,
  grepLineCharsMax: 400,
  grepContextLinesMax: 10,
  grepPatternCharsMax: 1_000,
  /** Longer files are searched in pieces, cut at a line end. */
  grepPieceBytes: 4 * 1024 * 1024,
  /** Of one file, whatever it has more: reading on would take minutes in which nothing else is heard. */
  grepFileBytesMax: 512 * 1024 * 1024,
  grepBatchBytes: 4 * 1024 * 1024,
  grepBatchFiles: 1_024,
  /** What a pattern may take for one batch. A pattern that backtracks without end is stopped there. */
  grepBatchMsMax: 1_000,
  /** Files given up for a slow pattern before the whole search is. */
  grepSlowFilesMax: 3,

  /** 5 MB as base64, which is what vendors take. */
  imageBytesMax: 3_932_160,
  /** 30 MB as base64, which is what the most generous vendors take. */
  documentBytesMax: 22_500_000,
} as const;
