import { describe, expect, it } from 'vitest';
import {
	ERRNO_AGAIN,
	ERRNO_IO,
	ERRNO_NOTSUP,
	ERRNO_SUCCESS,
	FLAG_APPEND,
	FLAG_IF_NOT_EXISTS,
	FLAG_RECURSIVE,
	OP_DELETE,
	OP_READ,
	OP_WRITE,
	OP_WRITER_ABORT,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
	STATUS_CONDITION,
	STATUS_LOCKED,
} from '#assembly/layout';
import type { Request } from '#host/pool/request';
import { lockName } from '#host/wasi/owner';
import { InlineEngine } from '../engine/inline-engine.ts';
// @ts-expect-error: shared with hosts, which are plain JavaScript
import { pathsOf } from '../seams/calls.mjs';
import { CrashFiles } from './crash-files.ts';

// Several processes at one name, each an engine of its own in this thread: one is stopped in front of a call, the others have their
// turns, and it goes on.

const MILLISECOND_NS = 1_000_000n;
const PATIENCE_MS = 30_000;

interface Stop {
	readonly call: string;
	readonly pattern: RegExp;
}

/** One of the processes. */
class Peer extends InlineEngine {
	/** Answers instead of a call when it returns a number; `path` is the last one that the call names. */
	answerTo: (call: string, path: string, values: unknown[]) => number | undefined = () => undefined;
	/** Every call with its last path. */
	readonly seen: string[] = [];
	#stop: Stop | undefined;
	#stopped = -1;

	constructor(world: World, prefix: string) {
		super({ store: world.files.asStore(), tempPrefix: prefix, endOf: (entry) => world.endOf(entry) });
		this.intercept = (call, values) => {
			if (call === 'clock_time_get') {
				this.ring.bytes.writeBigUInt64LE(world.nowMs * MILLISECOND_NS, values[2] as number);
				return 0;
			}
			const path: string = pathsOf(call, values, this.ring).at(-1) ?? '';
			this.seen.push(`${call} ${path}`);
			if (this.#stop?.call === call && this.#stop.pattern.test(path)) {
				this.#stop = undefined;
				this.#stopped = this.ring.current;
				return ERRNO_AGAIN;
			}
			return this.answerTo(call, path, values);
		};
	}

	/** Begins a request that does not get past this call. */
	begin(call: string, pattern: RegExp, op: number, path: string, fields: Partial<Request> = {}): number {
		this.#stop = { call, pattern };
		const tag = this.submit(op, path, fields);
		this.poll();
		expect(this.#stopped, `it did not come to ${call} ${pattern}`).not.toBe(-1);
		return tag;
	}

	/** It goes on, to the next call of these if one is given. */
	go(call?: string, pattern = /./): void {
		this.#stop = call === undefined ? undefined : { call, pattern };
		const slot = this.#stopped;
		this.#stopped = -1;
		this.ring.ready(slot);
		this.poll();
		if (call !== undefined) expect(this.#stopped, `it did not come to ${call} ${pattern}`).not.toBe(-1);
	}
}

/** A file system, a time, and those who work there. */
class World {
	readonly files = new CrashFiles();
	nowMs = 1000n;
	readonly #dead = new Set<string>();
	readonly #peers: Peer[] = [];

	peer(): Peer {
		const peer = new Peer(this, `.holdfast-p${this.#peers.length}-`);
		this.#peers.push(peer);
		return peer;
	}

	/** It is not heard of again. */
	kill(peer: Peer): void {
		this.#dead.add(`.holdfast-p${this.#peers.indexOf(peer)}-`);
	}

	endOf(entry: string): number {
		return Number(entry.endsWith('.torn') || [...this.#dead].some((prefix) => entry.startsWith(prefix)));
	}

	hidden(): string[] {
		return [...this.files.remains().tree.keys()].filter((path) => path.includes('.holdfast-'));
	}

	content(path: string): string | undefined {
		return this.files.remains().tree.get(path)?.toString();
	}
}

const text = (content: string): Partial<Request> => ({ data: Buffer.from(content) });
const ifThere = (content: string): Partial<Request> => ({ ...text(content), conditions: { ifMatch: '*' } });
const ifOld = (content: string): Partial<Request> => ({
	...text(content),
	conditions: { ifUnmodifiedSinceNs: 1n << 60n },
});
const appended = (content: string): Partial<Request> => ({ ...text(content), flags: FLAG_APPEND });
const TEMPORARY = /[.]tmp$/;
const LOCK = /^d\/[.]holdfast-[0-9a-f]{16}[.]lock$/;

function worldWithFile(): { world: World; peer: Peer } {
	const world = new World();
	const peer = world.peer();
	expect(peer.run(OP_WRITE, 'd/file', text('old')).status).toBe(ERRNO_SUCCESS);
	return { world, peer };
}

describe('whoever waits for a lock', () => {
	it('asks again, less and less often, and gives up after 30 seconds with nothing changed', () => {
		const { world, peer } = worldWithFile();
		const holder = world.peer();
		holder.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('of the holder'));
		const held = world.hidden();
		const waiting = peer.submit(OP_WRITE, 'd/file', ifThere('of who waits'));
		const pauses: number[] = [];
		for (const endMs = world.nowMs + BigInt(PATIENCE_MS); world.nowMs < endMs; world.nowMs += 1n) {
			peer.seen.length = 0;
			const pauseMs = peer.poll();
			if (peer.seen.some((call) => call.startsWith('path_open'))) pauses.push(pauseMs);
			expect(peer.answer(waiting), `after ${world.nowMs} ms`).toBeUndefined();
		}
		expect(pauses.slice(0, 3).every((pause) => pause <= 1)).toBe(true);
		expect(pauses.length).toBeGreaterThan(PATIENCE_MS / 10);
		expect(pauses.length).toBeLessThan(PATIENCE_MS / 4);
		world.nowMs += 10n;
		peer.poll();
		expect(peer.answer(waiting)?.status).toBe(STATUS_LOCKED);
		expect(world.hidden()).toEqual(held);
		holder.go();
		expect(world.content('d/file')).toBe('of the holder');
		expect(world.hidden()).toEqual([]);
	});

	it('of the same instance asks nobody until its turn comes, and comes in order', () => {
		const { world, peer } = worldWithFile();
		peer.begin('path_rename', LOCK, OP_WRITE, 'd/file', appended(' 1'));
		const others = [2, 3].map((number) => peer.submit(OP_WRITE, 'd/file', appended(` ${number}`)));
		peer.seen.length = 0;
		expect(peer.poll()).toBe(-1);
		expect(peer.seen.filter((call) => call.includes('.holdfast-'))).toEqual([]);
		expect(others.map((tag) => peer.answer(tag))).toEqual([undefined, undefined]);
		peer.go();
		expect(world.content('d/file')).toBe('old 1 2 3');
	});

	it('that is a recursive deletion gives up as well', () => {
		const { world, peer } = worldWithFile();
		const holder = world.peer();
		holder.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('of the holder'));
		const deletion = peer.submit(OP_DELETE, 'd', { flags: FLAG_RECURSIVE });
		peer.poll();
		world.nowMs += BigInt(PATIENCE_MS) - 10n;
		peer.poll();
		expect(peer.answer(deletion)).toBeUndefined();
		world.nowMs += 20n;
		peer.poll();
		expect(peer.answer(deletion)?.status).toBe(STATUS_LOCKED);
		expect(world.hidden()).toEqual([expect.stringMatching(LOCK), expect.stringMatching(/[.]lock\/[.]holdfast-p1-/)]);
	});

	it('takes over that of a dead owner, of whom one of several heirs has what he left', () => {
		const { world, peer } = worldWithFile();
		const owner = world.peer();
		owner.begin('path_unlink_file', /-[0-9a-f]{16}$/, OP_WRITE, 'd/file', appended(' and half'));
		world.kill(owner);
		const [first, second] = [world.peer(), world.peer()];
		const one = first.begin('path_rename', /[.]lock\/[.]holdfast-p2-/, OP_WRITE, 'd/file', appended(' and one'));
		const two = second.begin('path_rename', /[.]lock\/[.]holdfast-p3-/, OP_WRITE, 'd/file', appended(' and two'));
		second.go();
		expect(second.answer(two)?.status).toBe(ERRNO_SUCCESS);
		first.go();
		expect(first.answer(one)?.status).toBe(ERRNO_SUCCESS);
		expect(peer.run(OP_READ, 'd/file').bytes.toString()).toBe('old and two and one');
		expect(world.hidden()).toEqual([]);
	});

	it('begins with the first of several dead owners by name, as all heirs do', () => {
		const { world, peer } = worldWithFile();
		const { files } = world;
		const owners = [world.peer(), world.peer(), world.peer()];
		const lock = `d/${lockName('file')}`;
		files.createDirectory(files.root, lock);
		for (const number of [2, 1, 3]) files.link(files.root, 'd/file', files.root, `${lock}/.holdfast-p${number}-x`);
		for (const owner of owners) world.kill(owner);
		const stolen: string[] = [];
		peer.answerTo = (call, path, values) => {
			if (call === 'path_rename' && path.includes('.lock/')) stolen.push(pathsOf(call, values, peer.ring)[0]);
			return undefined;
		};
		expect(peer.run(OP_WRITE, 'd/file', appended(' and more')).status).toBe(ERRNO_SUCCESS);
		expect(stolen.slice(0, 3)).toEqual([1, 2, 3].map((number) => `${lock}/.holdfast-p${number}-x`));
		expect(world.content('d/file')).toBe('old and more');
		expect(world.hidden()).toEqual([]);
	});

	it('leaves an heir who is not through alone', () => {
		const { world } = worldWithFile();
		const owner = world.peer();
		owner.begin('path_unlink_file', /-[0-9a-f]{16}$/, OP_WRITE, 'd/file', appended(' and half'));
		world.kill(owner);
		const [first, second] = [world.peer(), world.peer()];
		const one = first.begin('fd_filestat_set_size', /^$/, OP_WRITE, 'd/file', appended(' and one'));
		const two = second.submit(OP_WRITE, 'd/file', appended(' and two'));
		second.poll();
		expect(second.answer(two)).toBeUndefined();
		first.go();
		expect(first.answer(one)?.status).toBe(ERRNO_SUCCESS);
		world.nowMs += 10n;
		second.poll();
		expect(second.answer(two)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBe('old and one and two');
	});

	it('takes over what an heir could not repair, size and all', () => {
		const { world, peer } = worldWithFile();
		const owner = world.peer();
		owner.begin('path_unlink_file', /-[0-9a-f]{16}$/, OP_WRITE, 'd/file', appended(' and half'));
		world.kill(owner);
		const heir = world.peer();
		heir.answerTo = (call) => (call === 'fd_filestat_set_size' ? ERRNO_IO : undefined);
		expect(heir.run(OP_WRITE, 'd/file', appended(' and one')).status).toBe(ERRNO_IO);
		// He lives, and gave it up.
		expect(world.hidden()).toEqual([expect.stringMatching(LOCK), expect.stringMatching(/-80{14}3[.]torn$/)]);
		expect(peer.run(OP_WRITE, 'd/file', appended(' and two')).status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBe('old and two');
		expect(world.hidden()).toEqual([]);
	});
});

describe('the holder of a lock', () => {
	it('takes it anew where it is that of another file, and is content at last where inodes do not tell', () => {
		const { world, peer } = worldWithFile();
		const entry = /[.]lock\/[.]holdfast-p0-/;
		peer.answerTo = (call, path, values) => {
			if (call !== 'path_filestat_get' || !entry.test(path)) return undefined;
			const stat = values[4] as number;
			peer.ring.bytes.fill(0xff, stat, stat + 64);
			return ERRNO_SUCCESS;
		};
		expect(peer.run(OP_WRITE, 'd/file', ifThere('new')).status).toBe(ERRNO_SUCCESS);
		const taken = peer.seen.filter((call) => call.startsWith('path_create_directory') && call.includes('.lock'));
		expect(taken).toHaveLength(9);
		expect(world.content('d/file')).toBe('new');
		expect(world.hidden()).toEqual([]);
	});

	it('takes it once where all is well', () => {
		const { peer } = worldWithFile();
		peer.seen.length = 0;
		expect(peer.run(OP_WRITE, 'd/file', ifThere('new')).status).toBe(ERRNO_SUCCESS);
		expect(peer.seen.filter((call) => call.startsWith('path_create_directory'))).toHaveLength(1);
	});

	it('does without links where there are none, with one lock', () => {
		const { world, peer } = worldWithFile();
		peer.answerTo = (call) => (call === 'path_link' ? ERRNO_NOTSUP : undefined);
		peer.seen.length = 0;
		expect(peer.run(OP_WRITE, 'd/file', ifThere('new')).status).toBe(ERRNO_SUCCESS);
		expect(peer.run(OP_WRITE, 'd/new', ifOld('made')).status).toBe(ERRNO_SUCCESS);
		expect(peer.seen.filter((call) => call.startsWith('path_create_directory'))).toHaveLength(2);
		expect([world.content('d/file'), world.content('d/new')]).toEqual(['new', 'made']);
		expect(world.hidden()).toEqual([]);
	});

	it('that gave a new name by a link, and came too late, looks at what is there by now', () => {
		const { world, peer } = worldWithFile();
		const holder = world.peer();
		const tag = holder.begin('path_link', /^d\/new$/, OP_WRITE, 'd/new', ifOld('of the holder'));
		expect(peer.run(OP_WRITE, 'd/new', text('of another one')).status).toBe(ERRNO_SUCCESS);
		holder.go();
		expect(holder.answer(tag)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/new')).toBe('of the holder');
		expect(world.hidden()).toEqual([]);
	});

	it('recalls the temporary files of others for this name, and neither his own nor those for other names', () => {
		const { world, peer } = worldWithFile();
		const [rival, other] = [world.peer(), world.peer()];
		rival.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', text('of the rival'));
		other.begin('path_rename', /^d\/other$/, OP_WRITE, 'd/other', text('other'));
		peer.seen.length = 0;
		expect(peer.run(OP_WRITE, 'd/file', ifThere('new')).status).toBe(ERRNO_SUCCESS);
		const recalled = peer.seen.filter((call) => /^path_rename .*[.]tmp$/.test(call));
		expect(recalled).toEqual([expect.stringMatching(/d\/[.]holdfast-p1-[0-9a-f]{32}[.]tmp$/)]);
		rival.go();
		other.go();
		expect([world.content('d/file'), world.content('d/other')]).toEqual(['of the rival', 'other']);
		expect(world.hidden()).toEqual([]);
	});

	it('finds them behind more names than a page holds', () => {
		const { world, peer } = worldWithFile();
		for (let index = 0; index < 300; index++) peer.run(OP_WRITE, `d/${'n'.repeat(60)}${index}`, text(''));
		const rivals = [world.peer(), world.peer()];
		for (const rival of rivals) rival.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', text('of a rival'));
		const holder = world.peer();
		holder.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('of the holder'));
		expect(world.hidden().filter((name) => /-[0-9a-f]{32}[.]tmp$/.test(name))).toHaveLength(2);
		for (const rival of rivals) rival.go();
		expect(world.content('d/file')).toBe('old');
		holder.go();
		expect(world.content('d/file')).toBe('of the holder');
	});

	it('goes on where a rival has given his file its name, or taken it away, before it could be recalled', () => {
		const { world } = worldWithFile();
		const [rival, holder] = [world.peer(), world.peer()];
		const write = rival.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', text('of the rival'));
		const tag = holder.begin('path_rename', TEMPORARY, OP_WRITE, 'd/file', ifThere('of the holder'));
		rival.go();
		expect(rival.answer(write)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBe('of the rival');
		holder.go();
		expect(holder.answer(tag)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBe('of the holder');
	});
});

describe('a write whose temporary file is recalled', () => {
	const recall = (world: World): void => {
		expect(world.peer().run(OP_WRITE, 'd/file', ifThere('of the holder')).status).toBe(ERRNO_SUCCESS);
		expect(world.hidden().filter((name) => /p1-[0-9a-f]{32}[.]tmp$/.test(name))).toHaveLength(1);
	};

	it.each([
		['gets its name', 'path_rename', /^d\/file$/],
		['is made younger than what it replaces', 'path_open', TEMPORARY],
	])('as it %s goes on under the lock', (_when, call, pattern) => {
		const { world, peer } = worldWithFile();
		if (call === 'path_open') makeYoung(world);
		const rival = world.peer();
		// The first one is what makes the temporary file.
		const tag = rival.begin('path_filestat_get', /^d\/file$/, OP_WRITE, 'd/file', text('of the rival'));
		rival.go(call, pattern);
		recall(world);
		peer.seen.length = 0;
		rival.go();
		expect(rival.answer(tag)?.status).toBe(ERRNO_SUCCESS);
		expect(rival.seen.some((seen) => /^path_rename .*[0-9a-f]{16}[.]lock$/.test(seen))).toBe(true);
		expect(world.content('d/file')).toBe('of the rival');
		expect(world.hidden()).toEqual([]);
	});

	it('waits for who has the lock then', () => {
		const { world } = worldWithFile();
		const [rival, holder] = [world.peer(), world.peer()];
		const tag = rival.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', text('of the rival'));
		holder.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('of the holder'));
		rival.go();
		expect(rival.answer(tag)).toBeUndefined();
		expect(world.content('d/file')).toBe('old');
		holder.go();
		world.nowMs += 10n;
		rival.poll();
		expect(rival.answer(tag)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBe('of the rival');
	});

	it.each(['path_link', 'path_unlink_file'])('as a new name is given by a link (%s) gives it', (call) => {
		const { world } = worldWithFile();
		const rival = world.peer();
		const fields = { ...text('new'), flags: FLAG_IF_NOT_EXISTS };
		const tag = rival.begin(call, call === 'path_link' ? /^d\/new$/ : TEMPORARY, OP_WRITE, 'd/new', fields);
		const holder = world.peer();
		const { status } = holder.run(OP_WRITE, 'd/new', ifOld('of the holder'));
		expect([ERRNO_SUCCESS, STATUS_CONDITION]).toContain(status);
		rival.go();
		expect(rival.answer(tag)?.status).toBe(call === 'path_link' ? STATUS_CONDITION : ERRNO_SUCCESS);
		expect(world.hidden()).toEqual([]);
	});

	it('and that is given up takes it away', () => {
		const { world } = worldWithFile();
		const writer = world.peer();
		const { handle } = writer.run(OP_WRITER_OPEN, 'd/file');
		expect(writer.run(OP_WRITER_WRITE, '', { handle, ...text('never seen') }).status).toBe(ERRNO_SUCCESS);
		recall(world);
		writer.run(OP_WRITER_ABORT, '', { handle });
		expect(world.hidden()).toEqual([]);
	});
});

describe('a deletion', () => {
	it('lets a file that is locked stand until it is not', () => {
		const { world, peer } = worldWithFile();
		const holder = world.peer();
		holder.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('new'));
		const deletion = peer.submit(OP_DELETE, 'd/file');
		peer.poll();
		expect(world.content('d/file')).toBe('old');
		holder.go();
		world.nowMs += 10n;
		peer.poll();
		expect(peer.answer(deletion)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBeUndefined();
	});

	it('looks for a lock after the name is gone, and deletes what its owner brings', () => {
		const { world, peer } = worldWithFile();
		const deletion = peer.begin('path_unlink_file', /^d\/file$/, OP_DELETE, 'd/file');
		const holder = world.peer();
		holder.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('new'));
		peer.go();
		expect(peer.answer(deletion)).toBeUndefined();
		holder.go();
		world.nowMs += 10n;
		peer.poll();
		expect(peer.answer(deletion)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBeUndefined();
	});

	it('looks for the name once more, which may be back by then', () => {
		const { world, peer } = worldWithFile();
		const holder = world.peer();
		const deletion = peer.begin('path_unlink_file', /^d\/file$/, OP_DELETE, 'd/file');
		holder.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('new'));
		peer.go('path_filestat_get', LOCK);
		holder.go();
		peer.go();
		expect(peer.answer(deletion)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBeUndefined();
	});

	it('waits for the lock of what is back', () => {
		const { world, peer } = worldWithFile();
		const [holder, next] = [world.peer(), world.peer()];
		const deletion = peer.begin('path_unlink_file', /^d\/file$/, OP_DELETE, 'd/file');
		holder.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('new'));
		peer.go('path_filestat_get', LOCK);
		holder.go();
		peer.go('path_filestat_get', /^d\/file$/);
		next.begin('path_rename', /^d\/file$/, OP_WRITE, 'd/file', ifThere('newer'));
		peer.go();
		expect(peer.answer(deletion)).toBeUndefined();
		expect(world.content('d/file')).toBe('new');
		next.go();
		world.nowMs += 10n;
		peer.poll();
		expect(peer.answer(deletion)?.status).toBe(ERRNO_SUCCESS);
		expect(world.content('d/file')).toBeUndefined();
	});

	it('of a directory leaves a lock that is being made to who makes it', () => {
		const { world, peer } = worldWithFile();
		const holder = world.peer();
		const append = holder.begin('path_rename', LOCK, OP_WRITE, 'd/file', appended(' and more'));
		const deletion = peer.submit(OP_DELETE, 'd', { flags: FLAG_RECURSIVE });
		peer.poll();
		expect(peer.answer(deletion)).toBeUndefined();
		expect(world.hidden()).toHaveLength(2);
		holder.go();
		// By the name in its lock: the other one is gone.
		expect(holder.answer(append)?.status).toBeDefined();
		world.nowMs += 10n;
		peer.poll();
		expect(peer.answer(deletion)?.status).toBe(ERRNO_SUCCESS);
		expect([...world.files.remains().tree.keys()]).toEqual([]);
	});

	it('of a directory takes away the locks of the dead, and of one who comes back to it he finds nothing', () => {
		const { world, peer } = worldWithFile();
		const owner = world.peer();
		owner.begin('path_unlink_file', /-[0-9a-f]{16}$/, OP_WRITE, 'd/file', appended(' and half'));
		world.kill(owner);
		expect(peer.run(OP_DELETE, 'd', { flags: FLAG_RECURSIVE }).status).toBe(ERRNO_SUCCESS);
		expect([...world.files.remains().tree.keys()]).toEqual([]);
	});

	it('of a directory does not take the lock of an heir for that of the dead owner', () => {
		const { world, peer } = worldWithFile();
		const owner = world.peer();
		owner.begin('path_unlink_file', /-[0-9a-f]{16}$/, OP_WRITE, 'd/file', appended(' and half'));
		world.kill(owner);
		// It is about to take away the entry of the dead one.
		const deletion = peer.begin('path_unlink_file', /^[.]holdfast-p1-/, OP_DELETE, 'd', { flags: FLAG_RECURSIVE });
		const heir = world.peer();
		heir.begin('fd_filestat_set_size', /^$/, OP_WRITE, 'd/file', appended(' and one'));
		peer.go();
		expect(peer.answer(deletion)).toBeUndefined();
		expect(world.hidden().some((name) => name.includes('.lock/.holdfast-p2-'))).toBe(true);
		heir.go();
		world.nowMs += 10n;
		peer.poll();
		expect(peer.answer(deletion)?.status).toBe(ERRNO_SUCCESS);
		expect([...world.files.remains().tree.keys()]).toEqual([]);
	});
});

/** What is there is from tomorrow. */
function makeYoung({ files }: World): void {
	const fd = files.open(files.root, 'd/file', 0, 1);
	files.setModified(fd, 1_000_000_000n);
	files.close(fd);
}
