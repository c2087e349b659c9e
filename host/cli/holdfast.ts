#!/usr/bin/env node
import { run } from './run.js';

// Set and not called: what is still on its way to a pipe arrives before the process ends by itself.
process.exitCode = await run(process.argv.slice(2));
