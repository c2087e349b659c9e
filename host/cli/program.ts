import { Command, InvalidArgumentError, Option } from 'commander';
import { cat } from './commands/cat.js';
import { get } from './commands/get.js';
import { type ImportOptions, importLocal } from './commands/import.js';
import { type LsOptions, ls } from './commands/ls.js';
import { type PutOptions, put } from './commands/put.js';
import { type RmOptions, rm } from './commands/rm.js';
import { stat } from './commands/stat.js';
import { cp, mv, type TransferOptions } from './commands/transfer.js';
import { type VerifyOptions, verify } from './commands/verify.js';
import type { GlobalOptions, Session } from './session.js';

/** Written in by the bundler. */
declare const HOLDFAST_VERSION: string;

/** Files that `import` and `verify` have in flight: enough to keep the workers busy, few enough to stay small. */
const DEFAULT_CONCURRENCY = 32;
const CONCURRENCY_MAX = 1024;

/** What a command needs from whoever runs it. */
export interface CommandNeeds {
	/** It stores something, so a root that is missing is made. */
	readonly makesRoot?: true;
}

/** Opens the store, runs the work in it, and closes it. */
export type RunCommand = (
	options: GlobalOptions,
	needs: CommandNeeds,
	work: (session: Session) => Promise<void>,
) => Promise<void>;

/** The command line: every command with its arguments, options and help. */
export function buildProgram(run: RunCommand): Command {
	const program = new Command('holdfast')
		.description('Store, list and check files in a Holdfast store: a directory on this machine that is never left.')
		.version(HOLDFAST_VERSION, '-V, --version', 'show the version')
		.helpOption('-h, --help', 'show help; also for a command: holdfast ls --help')
		.usage('[options] <command>')
		.option('--root <dir>', 'the directory that is the store (default: the current directory)')
		.option('--uri <uri>', 'the store as a URI instead, such as fs:///srv/files?workers=2')
		.option('--json', 'results on standard output as JSON, for scripts')
		.addOption(new Option('--workers <count>', 'threads that serve requests').argParser(parseCount(64)))
		.addOption(
			new Option('--durability <level>', 'what is on the disk when a command succeeds (default: full)').choices([
				'full',
				'file',
				'none',
			]),
		)
		.option('--debug', 'show the stack of an error')
		.addHelpText('after', EPILOGUE)
		.helpCommand('help [command]', 'show help for a command');

	// Actions are called with the arguments, then the options of the command.
	const start = (needs: CommandNeeds, work: (session: Session) => Promise<void>): Promise<void> =>
		run(program.opts<GlobalOptions>(), needs, work);

	program
		.command('ls [path]')
		.description('list a directory')
		.option('-l, --long', 'with size in bytes and time of the last change')
		.option('-r, --recursive', 'with everything below')
		.option('-U, --unsorted', 'as they come, at once and in constant memory')
		.addHelpText(
			'after',
			examples('holdfast ls', 'holdfast --root /srv/files ls -l -r photos', 'holdfast --json ls -r'),
		)
		.action((path: string | undefined, options: LsOptions) =>
			start({}, (session) => ls(session, path ?? '/', options)),
		);

	program
		.command('cat <path...>')
		.description('write files to standard output')
		.addHelpText('after', examples('holdfast cat notes.txt', 'holdfast cat part-1 part-2 > whole'))
		.action((paths: string[]) => start({}, (session) => cat(session, paths)));

	program
		.command('put <local> <path>')
		.description('store a local file; - is standard input')
		.option('-a, --append', 'add to the end of what is stored')
		.option('-n, --no-clobber', 'fail when the path exists')
		.addHelpText('after', examples('holdfast put photo.jpg photos/', 'date | holdfast put --append - log.txt'))
		.action((local: string, path: string, options: PutOptions) =>
			start({ makesRoot: true }, (session) => put(session, local, path, options)),
		);

	program
		.command('get <path> <local>')
		.description('copy a stored file to a local one, replacing it; - is standard output')
		.addHelpText('after', examples('holdfast get photos/photo.jpg .', 'holdfast get backup.tgz - | tar tz'))
		.action((path: string, local: string) => start({}, (session) => get(session, path, local)));

	program
		.command('stat <path>')
		.description('show what is known about a path')
		.addHelpText('after', examples('holdfast stat notes.txt', 'holdfast --json stat notes.txt'))
		.action((path: string) => start({}, (session) => stat(session, path)));

	for (const [name, verb, work] of [['cp', 'copy', cp] as const, ['mv', 'move', mv] as const]) {
		program
			.command(`${name} <source> <target>`)
			.description(`${verb} a file within the store, replacing the target`)
			.option('-n, --no-clobber', 'fail when the target exists')
			.addHelpText('after', examples(`holdfast ${name} a.txt b.txt`, `holdfast ${name} a.txt archive/`))
			.action((source: string, target: string, options: TransferOptions) =>
				start({}, (session) => work(session, source, target, options)),
			);
	}

	program
		.command('rm <path...>')
		.description('remove files')
		.option('-r, --recursive', 'directories, too, with all that is in them')
		.option('-f, --force', 'fine when nothing is there')
		.addHelpText('after', examples('holdfast rm old.txt', 'holdfast rm -r photos/2019'))
		.action((paths: string[], options: RmOptions) => start({}, (session) => rm(session, paths, options)));

	program
		.command('import <localdir> [path]')
		.description('store a whole local directory tree; symlinks are skipped and counted')
		.addOption(concurrencyOption())
		.addHelpText(
			'after',
			examples('holdfast --root /srv/files import ./site www', 'holdfast --root /srv/files import .'),
		)
		.action((local: string, path: string | undefined, options: ImportOptions) =>
			start({ makesRoot: true }, (session) => importLocal(session, local, path ?? '/', options)),
		);

	program
		.command('verify <localdir> [path]')
		.description('compare the SHA-256 of every file of a local tree with the stored one, both ways')
		.addOption(concurrencyOption())
		.addHelpText(
			'after',
			`${examples('holdfast --root /srv/files verify ./site www')}
Each difference is a line: "different", "missing" (only local) or "extra" (only in the store), and the path.
The exit code is 1 when there is one.`,
		)
		.action((local: string, path: string | undefined, options: VerifyOptions) =>
			start({}, (session) => verify(session, local, path ?? '/', options)),
		);

	return program;
}

const EPILOGUE = `
Paths are relative to the root. A slash at the end means a directory:
"put a.txt dir/" stores dir/a.txt. Whatever is stored appears as a whole or not
at all, and survives a power cut unless --durability says less.

Examples:
  $ holdfast --root /srv/files put report.pdf 2026/
  $ holdfast --root /srv/files ls -l 2026
  $ holdfast --root /srv/files import ./site www
  $ holdfast --root /srv/files verify ./site www

Exit codes:
  0    done
  1    an operation failed, or verify found a difference
  2    the command line cannot be used; nothing was done
  130  interrupted by Ctrl-C`;

function examples(...lines: string[]): string {
	return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}

function concurrencyOption(): Option {
	return new Option('--concurrency <count>', 'files in flight at a time')
		.default(DEFAULT_CONCURRENCY)
		.argParser(parseCount(CONCURRENCY_MAX));
}

function parseCount(maximum: number): (text: string) => number {
	return (text) => {
		const count = Number(text);
		if (/^\d+$/.test(text) && count >= 1 && count <= maximum) return count;
		throw new InvalidArgumentError(`Give a whole number from 1 to ${maximum}.`);
	};
}
