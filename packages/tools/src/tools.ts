/** The tools of the first set, in the order in which the model is told of them. The order is part of what caches see. */
import type { Tool } from '@sx/agent';

import { editTool } from './edit.ts';
import { globTool } from './glob.ts';
import { grepTool } from './grep.ts';
import { listTool } from './list.ts';
import { readTool } from './read.ts';
import { type ShellOptions, createShellTool } from './shell.ts';
import { createTaskTool, type TaskRunner } from './task.ts';
import { todoTool } from './todo.ts';
import { viewImageTool } from './view-image.ts';
import { createWebFetchTool, type WebFetchOptions } from './web-fetch.ts';
import { writeTool } from './write.ts';

export interface ToolsOptions extends ShellOptions {
  /** Absent: the web is out of reach. */
  readonly webFetch?: WebFetchOptions | undefined;
  /** Runs second agents. Absent: there are none. */
  readonly task?: TaskRunner | undefined;
}

export function createTools(options: ToolsOptions = {}): Tool[] {
  const { webFetch, task } = options;
  return [
    createShellTool(options), ...(options.jobs?.tools ?? []), readTool, writeTool, editTool, listTool, globTool, grepTool, viewImageTool, todoTool,
    ...(task === undefined ? [] : [createTaskTool(task)]),
    ...(webFetch === undefined ? [] : [createWebFetchTool(webFetch)]),
  ];
}
