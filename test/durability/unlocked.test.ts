import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Operator } from '#host/operator/operator';
import { openStore } from '#host/services/index';
import { Holds } from '../seams/holds.ts';
import { makePlace } from './processes.ts';

// Conditions are decided under a lock, and who has none takes no lock. Two stores work on one root, as two processes would; each is held
// in front of the call that gives a name, with all its looks behind it, and goes on when the test says so.

let here: ReturnType<typeof makePlace>;
let stores: { op: Operator; holds: Holds }[];
let op: Operator;
beforeEach(async () => {
	here = makePlace();
	stores = [];
	op = open().op;
	await op.write('d/file', 'old');
	await op.write('d/source', 'moved');
});
afterEach(async () => {
	for (const { holds } of stores) holds.releaseAll();
	for (const store of stores) await store.op.close();
	here.dispose();
});

function open(): { op: Operator; holds: Holds } {
	const holds = new Holds(join(here.place, `holds ${stores.length}`));
	const options = { root: here.root, workers: 1, syncWorkers: 1, stallMs: 60_000, syncStallMs: 60_000 };
	const store = { op: Operator.fromStore(openStore('fs', options, { seam: holds.seam })), holds };
	stores.push(store);
	return store;
}

/** A store that does not get past this call. */
function openHeld(call: string, pattern = '^d/file$') {
	const store = open();
	return { ...store.holds.hold(call, pattern), ...store };
}

/** Whether a call is through, as the calls of others go on. */
async function isThrough(call: Promise<unknown>): Promise<boolean> {
	const others = async () => {
		for (let round = 0; round < 20; round++) await op.exists('d/source');
		return false;
	};
	return Promise.race([call.then(() => true), others()]);
}

const etagOf = async (path: string): Promise<string> => (await op.stat(path)).etag ?? 'none';
const content = (path: string): string => readFileSync(join(here.root, path), 'utf8');
const hidden = (): string[] => readdirSync(join(here.root, 'd')).filter((name) => name.startsWith('.holdfast-'));

describe('a write with ifMatch that has found its condition true', () => {
	it.each([0, 500])(
		'does not replace what a write without conditions puts there before its rename (%i other names)',
		async (others) => {
			for (let index = 0; index < others; index++) writeFileSync(join(here.root, `d/other ${index}`), '');
			const ifMatch = await etagOf('d/file');
			const plain = openHeld('path_rename');
			const later = plain.op.write('d/file', 'of the call without conditions');
			await plain.reached();
			const conditional = openHeld('path_rename');
			const first = conditional.op.write('d/file', 'of the call with conditions', { ifMatch });
			await conditional.reached();
			plain.release();
			expect(await isThrough(later)).toBe(false);
			expect(content('d/file')).toBe('old');
			conditional.release();
			await Promise.all([first, later]);
			expect(content('d/file')).toBe('of the call without conditions');
			expect(hidden()).toEqual([]);
		},
	);

	it('does not replace what was begun when there was nothing', async () => {
		const plain = openHeld('path_rename', '^d/new$');
		const later = plain.op.write('d/new', 'of the call without conditions');
		await plain.reached();
		await op.write('d/new', 'first');
		const conditional = openHeld('path_rename', '^d/new$');
		const write = conditional.op.write('d/new', 'of the call with conditions', { ifMatch: await etagOf('d/new') });
		await conditional.reached();
		plain.release();
		expect(await isThrough(later)).toBe(false);
		conditional.release();
		await Promise.all([later, write]);
		expect(content('d/new')).toBe('of the call without conditions');
	});

	it('does not bring back what is deleted before its rename', async () => {
		const conditional = openHeld('path_rename');
		const write = conditional.op.write('d/file', 'new', { ifMatch: await etagOf('d/file') });
		await conditional.reached();
		const deletion = op.delete('d/file');
		expect(await isThrough(deletion)).toBe(false);
		conditional.release();
		await Promise.all([write, deletion]);
		expect(existsSync(join(here.root, 'd/file'))).toBe(false);
	});

	it('does not bring back what a deletion that began before takes away', async () => {
		const ifMatch = await etagOf('d/file');
		const deleting = openHeld('path_unlink_file');
		const deletion = deleting.op.delete('d/file');
		await deleting.reached();
		const conditional = openHeld('path_rename');
		const write = conditional.op.write('d/file', 'new', { ifMatch });
		await conditional.reached();
		deleting.release();
		await expect.poll(() => existsSync(join(here.root, 'd/file'))).toBe(false);
		expect(await isThrough(deletion)).toBe(false);
		conditional.release();
		await Promise.all([write, deletion]);
		expect(existsSync(join(here.root, 'd/file'))).toBe(false);
		expect(hidden()).toEqual([]);
	});

	it('does not replace what is moved there before its rename', async () => {
		const conditional = openHeld('path_rename');
		const write = conditional.op.write('d/file', 'new', { ifMatch: await etagOf('d/file') });
		await conditional.reached();
		const move = op.rename('d/source', 'd/file');
		expect(await isThrough(move)).toBe(false);
		conditional.release();
		await Promise.all([write, move]);
		expect(content('d/file')).toBe('moved');
	});
});

it('a write with ifMatch waits for a move that began before, and is refused', async () => {
	const ifMatch = await etagOf('d/file');
	const moving = openHeld('path_rename');
	const move = moving.op.rename('d/source', 'd/file');
	await moving.reached();
	const write = op.write('d/file', 'new', { ifMatch }).catch((error) => error);
	moving.release();
	await move;
	expect(await write).toMatchObject({ code: 'ConditionNotMatch' });
	expect(content('d/file')).toBe('moved');
});

it('a write with ifMatch waits for a move to a name that was not there as the move looked, and is refused', async () => {
	const moving = openHeld('path_rename', '^d/new$');
	const move = moving.op.rename('d/source', 'd/new');
	await moving.reached();
	await op.write('d/new', 'first');
	const ifMatch = await etagOf('d/new');
	const write = op.write('d/new', 'conditional', { ifMatch }).catch((error) => error);
	expect(await isThrough(write)).toBe(false);
	moving.release();
	await move;
	expect(await write).toMatchObject({ code: 'ConditionNotMatch' });
	expect(content('d/new')).toBe('moved');
	expect(hidden()).toEqual([]);
});

it('a move into a directory that is missing takes the lock once the directory is made', async () => {
	const moving = openHeld('path_rename', '^d/made/new$');
	const move = moving.op.rename('d/source', 'd/made/new');
	await moving.reached();
	expect(readdirSync(join(here.root, 'd/made'))).toEqual([expect.stringMatching(/^\.holdfast-.*\.lock$/)]);
	moving.release();
	await move;
	expect(readdirSync(join(here.root, 'd/made'))).toEqual(['new']);
});

it('a write whose condition holds for what is not there does not replace what is made meanwhile', async () => {
	const conditional = openHeld('path_link', '^d/new$');
	const ifUnmodifiedSince = new Date(Date.now() - 60_000);
	const write = conditional.op.write('d/new', 'conditional', { ifUnmodifiedSince }).catch((error) => error);
	await conditional.reached();
	await op.write('d/new', 'plain');
	conditional.release();
	expect(await write).toMatchObject({ code: 'ConditionNotMatch' });
	expect(content('d/new')).toBe('plain');
	expect(hidden()).toEqual([]);
});

it('a lock that was made for a file which is replaced meanwhile is taken anew', async () => {
	const conditional = openHeld('path_rename', '[.]lock$');
	const ifUnmodifiedSince = new Date(Date.now() + 1000);
	const write = conditional.op.write('d/file', 'conditional', { ifUnmodifiedSince });
	await conditional.reached();
	await op.write('d/file', 'replaced');
	const last = conditional.holds.hold('path_rename', '^d/file$');
	conditional.release();
	await last.reached();
	// Whoever comes now sees the lock on what is there now.
	await expect.poll(() => Date.now() > ifUnmodifiedSince.getTime()).toBe(true);
	const later = op.write('d/file', 'later');
	expect(await isThrough(later)).toBe(false);
	last.release();
	await Promise.all([write, later]);
	expect(content('d/file')).toBe('later');
});

it('an append goes to the file that it has locked, and not to one that was renamed over it', async () => {
	const plain = openHeld('path_rename');
	const later = plain.op.write('d/file', 'new');
	await plain.reached();
	// It has looked at the file, and is about to announce what it does.
	const appending = openHeld('path_rename', '[.]lock/.*-[0-9a-f]{16}$');
	const append = appending.op.write('d/file', ' and more', { append: true });
	await appending.reached();
	plain.release();
	await later;
	appending.release();
	await append;
	expect(content('d/file')).toBe('new');
	expect(hidden()).toEqual([]);
});

it('an append to a file that is replaced before it has the lock goes to the new one, seen by all', async () => {
	const appending = openHeld('path_rename', '[.]lock$');
	const append = appending.op.write('d/file', ' and more', { append: true });
	await appending.reached();
	await op.write('d/file', 'new');
	const opening = appending.holds.hold('path_open', '[.]lock/');
	appending.release();
	await opening.reached();
	const later = op.write('d/file', 'later');
	expect(await isThrough(later)).toBe(false);
	opening.release();
	await Promise.all([append, later]);
	expect(content('d/file')).toBe('later');
});

it('a temporary file that is recalled is used by its writer, or taken away by it', async () => {
	const writer = await op.writer('d/file');
	await writer.write('of the writer');
	await op.write('d/file', 'new', { ifMatch: await etagOf('d/file') });
	// Its name says no more that it is on the way to this file.
	expect(hidden()).toEqual([expect.stringMatching(/^[.]holdfast(-\w+){4}-[0-9a-f]{32}[.]tmp$/)]);
	await writer.close();
	expect(content('d/file')).toBe('of the writer');
	expect(hidden()).toEqual([]);
	const aborted = await op.writer('d/file');
	await aborted.write('never seen');
	await op.write('d/file', 'newer', { ifMatch: await etagOf('d/file') });
	await aborted.abort();
	expect(hidden()).toEqual([]);
});

describe.each(['d/', '/'])('a recursive deletion of %s', (directory) => {
	it('waits for a write that has checked its condition, and takes away what that brought', async () => {
		const conditional = openHeld('path_rename');
		// Its temporary file may be gone by then: that depends on the order of the names.
		const write = conditional.op.write('d/file', 'new', { ifMatch: await etagOf('d/file') }).catch(({ code }) => code);
		await conditional.reached();
		const deletion = op.removeAll(directory);
		expect(await isThrough(deletion)).toBe(false);
		conditional.release();
		const [written] = await Promise.all([write, deletion]);
		if (typeof written === 'string') expect(written).toBe('NotFound');
		expect(existsSync(join(here.root, 'd'))).toBe(false);
	});

	it('leaves the lock of a name to its owner, so that nobody else takes it', async () => {
		const conditional = openHeld('path_rename');
		const write = conditional.op.write('d/file', 'new', { ifMatch: await etagOf('d/file') }).catch(({ code }) => code);
		await conditional.reached();
		const deletion = op.removeAll(directory);
		expect(await isThrough(deletion)).toBe(false);
		const append = open().op.write('d/file', 'appended', { append: true });
		expect(await isThrough(append)).toBe(false);
		const [lock] = hidden().filter((name) => name.endsWith('.lock'));
		expect(readdirSync(join(here.root, 'd', lock))).toHaveLength(1);
		conditional.release();
		await Promise.all([write, deletion, append]);
	});
});
