#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { describeError, ExitCode, exitCodeOf } from './failure.js';
import { Interruption } from './interruption.js';
import { runJob } from './main-job/job.js';
import { Report } from './main-job/report.js';

// What `npm start` runs.

const DEFAULT_DIRECTORY = fileURLToPath(new URL('../../node_modules', import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
	const interruption = new Interruption();
	const program = new Command('npm start --')
		.description('Stores a directory tree, crashes the engine half-way, and shows that nothing was lost.')
		.argument('[dir]', "the tree (default: the project's own node_modules)")
		.exitOverride();
	try {
		program.parse();
		const directory = realpathSync(program.args[0] ?? DEFAULT_DIRECTORY);
		const isFine = await runJob(directory, new Report(process.stdout), interruption.signal);
		return isFine ? ExitCode.ok : ExitCode.failed;
	} catch (error) {
		if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
		process.stderr.write(
			`holdfast: ${describeError(interruption.signal.aborted ? interruption.signal.reason : error)}\n`,
		);
		return interruption.exitCode ?? exitCodeOf(error);
	}
}
