import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Operator } from 'holdfast';
import { afterAll, describe, expect, it } from 'vitest';
import { type Act, act, callsOf, cannotAttach, type KernelFault } from './attached.ts';
// @ts-expect-error: shared with the children, which are plain JavaScript
import { contentOf, versionIn } from './children/contents.mjs';
import { ABSENT, bad, type Cells, COLUMNS, documentedTable, documentTable, good, tableOf } from './fault-table.ts';
import { cannotMount, DISK_TOOLS, DISKS, Image, mountMemory, SMALL_DISK } from './images.ts';
import { makePlace } from './processes.ts';
import { announceMissing, missingTools } from './tools.ts';

// The table of faults in docs/durability.md: the same fault for four libraries, and what each of them leaves. Where the machine lacks
// what a row needs, that row is not run, and said to be so.

const LIBRARIES = COLUMNS.map(([, library]) => library);
const OLD: Buffer = contentOf('file', 1);
/** 300 KB. */
const LARGE = 7;
const CHANGING = [
	'mkdir',
	'link',
	'rename',
	'unlink',
	'rmdir',
	'pwrite64',
	'ftruncate',
	'fchmod',
	'fchown',
	'chmod',
	'chown',
	'fsync',
	'fdatasync',
];
const KILLED = 'signal=KILL';
const READER_ROUNDS = 150;
const PROCESSES = 4;

const here = makePlace();
afterAll(() => here.dispose());
const noTracer = missingTools(['strace']) ?? (await cannotAttach());
const noDisks = missingTools(DISK_TOOLS, true) ?? cannotMount(here.place);
announceMissing('rows of the table of faults that kill or inject errors', noTracer);
announceMissing('rows of the table of faults on disks of their own', noDisks);

const rows = new Map<string, Cells>();
let inMemory = 0;

/** Asks every library in turn: the cells of a row. */
async function row(title: string, cell: (library: string, place: Place) => Promise<string> | string): Promise<void> {
	const cells: string[] = [];
	for (const library of LIBRARIES)
		cells.push(await cell(library, new Place(library, join(here.place, 'each', library))));
	rows.set(title, cells);
	expect(cells[0], title).toMatch(/^✓/);
}

/** A root with one file in it, for one library. */
class Place {
	constructor(
		readonly library: string,
		readonly root: string,
	) {
		this.prepare();
	}

	/** The file with its old content, or none. */
	prepare(hasFile = true): void {
		rmSync(this.root, { recursive: true, force: true });
		mkdirSync(this.root, { recursive: true });
		if (hasFile) writeFileSync(join(this.root, 'file'), OLD);
	}

	act(action: string, fault?: KernelFault, more: Partial<Act> = {}): Promise<string> {
		return act({ library: this.library, action, root: this.root, version: LARGE, ...more }, fault);
	}

	/** What is in the file, in a word. */
	state(wanted: Buffer = contentOf('file', LARGE), old: Buffer = OLD): string {
		return stateIn(this.root, wanted, old);
	}

	/** Whether there is anything but the file. */
	get hasLeftovers(): boolean {
		return readdirSync(this.root).some((name) => !['file', 'warm'].includes(name));
	}
}

function stateIn(root: string, wanted: Buffer, old: Buffer | undefined = OLD): string {
	let found: Buffer;
	try {
		found = readFileSync(join(root, 'file'));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
		return 'no file';
	}
	if (found.equals(wanted)) return 'new content';
	if (old !== undefined && found.equals(old)) return 'old content';
	return found.length === 0 ? 'empty file' : 'torn file';
}

/** One call that met a fault: it may have failed, then everything must be as before, or not, then all of it must be there. */
function judged(place: Place, told: string, wanted?: Buffer): string {
	const state = place.state(wanted);
	const left = place.hasLeftovers ? ', temporary file left' : '';
	if (told === 'done') return state === 'new content' ? good(`success, ${state}${left}`) : bad(`success, ${state}`);
	if (told === 'killed') return bad(`the process is killed, ${state}${left}`);
	const what = `\`${told.replace('failed ', '')}\`, ${state}${left}`;
	return state === 'old content' && left === '' ? good(what) : bad(what);
}

/** The states after a kill at each system call, in one cell. */
async function killedEverywhere(
	place: Place,
	action: string,
	hasFile: boolean,
): Promise<{ states: Set<string>; left: boolean; killed: number }> {
	const states = new Set<string>();
	let [left, killed] = [false, 0];
	const killAt = async (fault: KernelFault): Promise<boolean> => {
		place.prepare(hasFile);
		const told = await place.act(action, fault);
		if (told !== 'killed') return false;
		killed++;
		states.add(place.state());
		left ||= place.hasLeftovers;
		return true;
	};
	place.prepare(hasFile);
	const what = { library: place.library, action, root: place.root, version: LARGE };
	for (const [call, most] of await callsOf(what, CHANGING)) {
		for (let when = 1; when <= most; when++) await killAt({ call, fault: KILLED, when });
	}
	// The other threads of a process write too, but not to the file.
	for (let when = 1; await killAt({ call: 'write', fault: KILLED, when, path: join(place.root, 'file') }); ) when++;
	expect(killed, `${place.library}: kills of ${action}`).toBeGreaterThan(0);
	return { states, left, killed };
}

/** What kills may leave, or what they left and may not. */
function afterKills(states: ReadonlySet<string>, allowed: readonly string[]): string {
	const wrong = [...states].filter((state) => !allowed.includes(state)).sort();
	return wrong.length === 0 ? good(allowed.join(' or ')) : bad(wrong.join(' or '));
}

describe.skipIf(noTracer !== undefined)('with a tracer', { timeout: 600_000 }, () => {
	it('killed at every system call', async () => {
		const leftovers = new Map<string, string>();
		await row('killed at any system call of a replacement', async (library, place) => {
			const { states, left } = await killedEverywhere(place, 'replace', true);
			let cell = 'no temporary file is made';
			if (left) {
				const program = library === 'holdfast' ? 'the next one to open the store' : 'nobody';
				if (library === 'holdfast') await opened(place.root);
				const isGone = library === 'holdfast' && !place.hasLeftovers;
				cell = isGone ? good(`removed by ${program}`) : bad('left for good');
			}
			leftovers.set(library, cell);
			return afterKills(states, ['old content', 'new content']);
		});
		rows.set(
			'temporary files of killed processes',
			LIBRARIES.map((library) => leftovers.get(library) ?? ''),
		);
		await row('killed at any system call of a creation that must not replace', async (_library, place) => {
			if ((await place.act('create')) === 'absent') return ABSENT;
			const { states } = await killedEverywhere(place, 'create', false);
			return afterKills(states, ['no file', 'new content']);
		});
	});

	const errors: [string, string, string][] = [
		['`EIO` on write', 'write', 'EIO'],
		['`EDQUOT` on write', 'write', 'EDQUOT'],
		['`EIO` on fsync', 'fsync', 'EIO'],
		['`EIO` on close', 'close', 'EIO'],
		['`EIO` on rename', 'rename', 'EIO'],
	];
	it.each(errors)('%s', async (title, call, code) => {
		await row(title, async (library, place) => {
			const calls = await callsOf({ library, action: 'replace', root: place.root, version: LARGE }, CHANGING);
			place.prepare();
			const isInPlace = call === 'write' && !calls.has('pwrite64');
			if ((call === 'fsync' || call === 'rename') && !calls.has(call))
				return call === 'fsync' ? bad('never asks for one') : ABSENT;
			const name = call === 'write' && !isInPlace ? 'pwrite64' : call;
			const path = isInPlace ? join(place.root, 'file') : undefined;
			return judged(place, await place.act('replace', { call: name, fault: `error=${code}`, path }));
		});
	});
});

it('a file-size limit', async () => {
	const before = ['sh', '-c', 'ulimit -f 100; trap "" XFSZ; exec "$@"', 'sh'];
	await row('a file-size limit (`ulimit -f`), half-way', async (_library, place) =>
		judged(place, await place.act('replace', undefined, { before })),
	);
});

it('no descriptors', async () => {
	const before = ['sh', '-c', 'ulimit -n 200; exec "$@"', 'sh'];
	await row('no descriptors left (`ulimit -n`)', async (_library, place) =>
		judged(place, await place.act('replace', undefined, { before, isStarved: true })),
	);
});

it.runIf(process.geteuid?.() === 0)('mode and owner', async () => {
	await row('mode and owner of what is replaced', async (_library, place) => {
		chownSync(join(place.root, 'file'), 1234, 2345);
		chmodSync(join(place.root, 'file'), 0o604);
		expect(await place.act('replace')).toBe('done');
		const { uid, gid, mode } = statSync(join(place.root, 'file'));
		return uid === 1234 && gid === 2345 && (mode & 0o7777) === 0o604 ? good('kept') : bad('changed');
	});
});

it('a reader meanwhile', async () => {
	await row('a reader while the file is being replaced', async (library, place) => {
		writeFileSync(join(place.root, 'file'), contentOf('file', LARGE));
		const script = fileURLToPath(new URL('./children/replacing.mjs', import.meta.url));
		const writer = spawn(process.execPath, [script, library, place.root, String(READER_ROUNDS)]);
		let isOver = false;
		const ended = once(writer, 'close').then(() => {
			isOver = true;
		});
		let [torn, reads] = [0, 0];
		while (!isOver) {
			try {
				versionIn('file', readFileSync(join(place.root, 'file')));
			} catch {
				torn++;
			}
			reads++;
			await new Promise((resolve) => setImmediate(resolve));
		}
		await ended;
		expect(writer.exitCode).toBe(0);
		expect(reads).toBeGreaterThan(READER_ROUNDS / 10);
		return torn === 0 ? good('sees old or new') : bad('sees parts of a file');
	});
});

it('rivals', async () => {
	await row('100 rivals in 4 processes create one name', async (library, place) => {
		if ((await place.act('create')) === 'absent') return ABSENT;
		place.prepare(false);
		rmSync(join(place.root, '..', 'go'), { force: true });
		const script = fileURLToPath(new URL('./children/rivals.mjs', import.meta.url));
		const texts = new Array<string>(PROCESSES).fill('');
		const children = texts.map((_, index) => {
			const child = spawn(process.execPath, [script, library, place.root, String(100 / PROCESSES)]);
			child.stdout.on('data', (chunk: Buffer) => {
				texts[index] += chunk.toString();
			});
			return once(child, 'close');
		});
		while (!texts.every((text) => text.includes('ready'))) await new Promise((resolve) => setTimeout(resolve, 5));
		writeFileSync(join(place.root, '..', 'go'), '');
		await Promise.all(children);
		const winners = texts.join('').split('won').length - 1;
		expect(place.state()).toBe('new content');
		return winners === 1 ? good('one wins') : bad(`${winners} win`);
	});
});

describe.skipIf(noDisks !== undefined)('with disks', { timeout: 600_000 }, () => {
	it('that are full', async () => {
		const onFull = async (library: string, work: (place: Place) => Promise<string>): Promise<string> => {
			const mountPoint = join(here.place, `memory-${inMemory++}`);
			const unmount = mountMemory(mountPoint, 200_000);
			try {
				return await work(new Place(library, join(mountPoint, 'root')));
			} finally {
				unmount();
			}
		};
		await row('a full disk, half-way through a replacement', (library) =>
			onFull(library, async (place) => judged(place, await place.act('replace'))),
		);
		await row('a full disk, half-way through an append', (library) =>
			onFull(library, async (place) => {
				const told = await place.act('append');
				return told === 'absent' ? ABSENT : judged(place, told, Buffer.concat([OLD, contentOf('file', LARGE)]));
			}),
		);
	});

	it('that are read-only', async () => {
		const image = new Image(here.place, SMALL_DISK);
		try {
			await row('a read-only file system', async (library) => {
				const place = new Place(library, join(image.root, library));
				writeFileSync(join(place.root, 'warm'), '');
				execFileSync('mount', ['-o', 'remount,ro', image.mountPoint]);
				const told = await act({ library, action: 'replace', root: place.root, version: LARGE, isCold: true });
				execFileSync('mount', ['-o', 'remount,rw', image.mountPoint]);
				return judged(place, told);
			});
		} finally {
			image.dispose();
		}
	});

	it.each(DISKS)('whose power is cut: $name', async (disk) => {
		const image = new Image(here.place, disk);
		try {
			for (const isLater of [false, true]) {
				const moment = isLater ? 'after the next fsync of another program' : 'right after success';
				await row(`power cut ${moment}, ${disk.name}`, async (library) => {
					const place = new Place(library, join(image.root, library));
					execFileSync('sync', ['-f', image.root]);
					expect(await place.act('replace')).toBe('done');
					if (isLater) {
						writeFileSync(join(image.root, 'neighbour'), 'of somebody else');
						execFileSync('sync', [join(image.root, 'neighbour')]);
					}
					image.cut();
					image.restore();
					const state = place.state();
					return state === 'new content' ? good('the new content is there') : bad(`lost: ${state}`);
				});
			}
		} finally {
			image.dispose();
		}
	});
});

describe('the table of faults', () => {
	it('in the documentation is what was found', () => {
		const found = tableOf(rows);
		for (const line of found) console.log(line);
		const isWhole = noTracer === undefined && noDisks === undefined;
		if (process.env.HOLDFAST_UPDATE_DOCS === '1' && isWhole) documentTable(found);
		const documented = documentedTable();
		const story = 'docs/durability.md is not what was found; HOLDFAST_UPDATE_DOCS=1 rewrites it';
		if (isWhole) expect(documented, story).toEqual(found);
		else for (const line of found) expect(documented).toContain(line);
	});
});

/** Opens the store and waits until what dead processes left is gone from it. */
async function opened(root: string): Promise<void> {
	const op = new Operator('fs', { root });
	await op.exists('file');
	await expect.poll(() => readdirSync(root).filter((name) => name.startsWith('.holdfast-'))).toEqual([]);
	await op.close();
}
