#!/usr/bin/env node
/** Entry for Node: `npx sx`, and the tests' unbuilt program. */
import { main } from './main.ts';

void main(process, { built: false });
