import { CommanderError } from 'commander';
import { describeError, ExitCode, exitCodeOf, isBrokenPipe, ReportedFailure } from './failure.js';
import { Interruption } from './interruption.js';
import { Output } from './output.js';
import { buildProgram } from './program.js';
import { openSession } from './session.js';

/** Runs one command line and gives the exit code. Every failure becomes one line on standard error. */
export async function run(argv: readonly string[]): Promise<number> {
	// A reader of messages that has gone away is no reason to end.
	process.stderr.on('error', () => undefined);
	const interruption = new Interruption();
	let isDebug = false;
	const program = buildProgram(async (options, needs, work) => {
		isDebug = options.debug === true;
		const output = new Output(process.stdout, options.json === true);
		const session = openSession(options, needs.makesRoot === true, output, interruption.signal);
		try {
			await work(session);
		} finally {
			await session.op.close();
			// Also before a failure is told: what was found until then is shown.
			await output.flush();
		}
	});
	for (const command of [program, ...program.commands]) {
		command.exitOverride().configureOutput({ outputError: (text) => tell(`usage: ${oneLine(text)}`) });
	}
	try {
		await program.parseAsync(argv, { from: 'user' });
		return ExitCode.ok;
	} catch (error) {
		// The argument parser has told what is wrong, or shown the help that was asked for.
		if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
		if (isBrokenPipe(error)) return ExitCode.ok;
		if (interruption.exitCode !== undefined) {
			tell(describeError(interruption.signal.reason));
			return interruption.exitCode;
		}
		if (!(error instanceof ReportedFailure)) tell(describeError(error));
		if (isDebug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
		return exitCodeOf(error);
	}
}

function tell(message: string): void {
	process.stderr.write(`holdfast: ${message}\n`);
}

/** The parser's words in one line, with where to go on. */
function oneLine(text: string): string {
	const message = text
		.replace(/^error: /, '')
		.trim()
		.replaceAll(/\s+/g, ' ');
	return `${message}${/[.)]$/.test(message) ? '' : ';'} see holdfast --help`;
}
