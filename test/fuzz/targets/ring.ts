import {
	CONTROL_SUBMISSION_TAIL,
	ERRNO_AGAIN,
	ERRNO_SUCCESS,
	FILETYPE_DIRECTORY,
	OP_CLOSE,
	OP_ECHO,
	OP_FAULT,
	OP_LAST,
	OP_SLEEP,
	OP_STAT,
	OP_WRITE,
	SLOT_FD,
	SLOT_FLAGS,
	SLOT_LENGTH,
	SLOT_OFFSET,
	SLOT_OP,
	SLOT_PATH,
	SLOT_PATH_BYTES,
	SLOT_ROOT,
	SLOT_TAG,
} from '#assembly/layout';
import { Request } from '#host/pool/request';
import { encodeRequest } from '#host/ring/encode';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { createMemoryStore, MemoryFiles } from '#host/wasi/memory-files';
import { InlineEngine } from '../../engine/inline-engine.ts';
import { Random } from '../../random.ts';
import { plainPath } from '../hostile.ts';
import type { Target } from '../target.ts';

const REQUESTS_MAX = 800;
/** With the slot's index added, the tag of every request that is not in order. */
const TAG = 0x7000;
const CANARY = 'out of reach';

const WORDS = [
	0, 1, 2, 15, 255, 4095, 4096, 16384, 16385, 65535, 65537, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
];

/** A host that writes nonsense into slots and rings: the engine answers or passes over it, and goes on. */
export const ring: Target = {
	name: 'ring',
	open: () => ({
		// An engine per case: what one request leaves behind the next ones meet, and a seed tells all of it.
		run: (seed) => new FuzzedEngine(new Random(seed)).run(),
		close: async () => undefined,
	}),
};

/** One engine over a store of two roots: the requests know the first, the second has the canary. */
class FuzzedEngine {
	readonly #engine: InlineEngine;
	readonly #random: Random;
	/** Slots whose request has not ended. */
	readonly #busy = new Set<number>();
	readonly #files: MemoryFiles;
	readonly #other: number;
	readonly #check: () => void;

	constructor(random: Random) {
		this.#random = random;
		const table = new DescriptorTable(new SharedArrayBuffer(DescriptorTable.bytes(1024)), 0, 1);
		this.#files = new MemoryFiles({
			table,
			shared: createMemoryStore({ maximumBytes: 2 ** 24 }),
			epoch: new Int32Array(1),
		});
		const root = table.insert(this.#files.createRoot(), FILETYPE_DIRECTORY);
		this.#other = table.insert(this.#files.createRoot(), FILETYPE_DIRECTORY);
		this.#engine = new InlineEngine({ buffers: 4, ringEntries: 16, store: { files: this.#files, root } });
		const canary = { root: this.#other, data: Buffer.from(CANARY) };
		if (this.#engine.run(OP_WRITE, 'canary', canary).status !== ERRNO_SUCCESS) throw new Error('no canary');
		this.#check = this.#paint();
		this.#engine.onForeign = (slot, tag) => {
			if (tag === TAG + slot && this.#busy.delete(slot)) this.#engine.ring.freeSlot(slot);
		};
	}

	run(): number {
		const engine = this.#engine;
		const random = this.#random;
		engine.intercept = random.chance(0.3)
			? (name) => (name !== 'clock_time_get' && random.chance(0.05) ? ERRNO_AGAIN : undefined)
			: undefined;
		const requests = random.between(1, REQUESTS_MAX);
		let made = 0;
		for (; made < requests; made++) {
			const slot = engine.ring.takeSlot();
			if (slot < 0) break;
			this.#busy.add(slot);
			this.#fill(slot);
			this.#publish(slot);
			if (engine.ring.freeSlots === 0 || random.chance(0.7)) engine.poll();
			if (random.chance(0.2)) this.#scribble();
			if (engine.ring.freeSlots === 0) this.#letGo();
		}
		engine.intercept = undefined;
		this.#letGo();
		this.#check();
		this.#stillServes();
		this.#jumpAhead();
		return made;
	}

	/** More submissions than the ring is long: the last thing that happens, because no host comes back from there. */
	#jumpAhead(): void {
		const { ring, plan } = this.#engine;
		const tail = (plan.control + CONTROL_SUBMISSION_TAIL) >> 2;
		Atomics.add(ring.words, tail, this.#random.pick([1, 16, 1000]));
		this.#engine.poll();
		this.#check();
	}

	/** Whatever is parked or sleeps is cancelled, and comes to its end. */
	#letGo(): void {
		const { ring } = this.#engine;
		for (const slot of this.#busy) {
			ring.cancel(slot, TAG + slot);
			ring.ready(slot);
		}
		this.#engine.poll();
	}

	/** A request that makes sense, then some of its words do not. */
	#fill(slot: number): void {
		const { ring, root } = this.#engine;
		const random = this.#random;
		const op = random.chance(0.05) ? random.pick(WORDS) : random.between(1, OP_LAST);
		const request = Object.assign(new Request(op === OP_FAULT ? OP_STAT : op, 'fuzz', plainPath(random)), {
			root,
			flags: random.between(0, 0xffff),
			fd: random.pick([root, root, 65538, 65539, 65540, 0, -1]),
			handle: random.between(0, 4),
			offset: random.pick([0, 0, 1, 4096]),
			length: random.pick([-1, 0, 1, 4096, 70_000]),
			target: random.chance(0.3) ? plainPath(random) : '',
			data: random.chance(0.4) ? Buffer.alloc(random.pick([0, 1, 100, 16_384])) : undefined,
		});
		if (op === OP_SLEEP) request.offset = random.pick([0, 0, 1]);
		encodeRequest(ring, slot, TAG + slot, request, 0, Buffer.alloc(16, slot + 1));
		const word = ring.slotAddress(slot) >> 2;
		if (op > OP_LAST || op === OP_FAULT) ring.words[word + (SLOT_OP >> 2)] = op;
		for (let changes = random.pick([0, 0, 1, 2, 8]); changes > 0; changes--) {
			const at = random.between(0, 63);
			// A sleep without an end would only leave its slot busy, and a root that is the other one's is no escape.
			if (at === SLOT_TAG >> 2 || (op === OP_SLEEP && at >= SLOT_OFFSET >> 2 && at < SLOT_LENGTH >> 2)) continue;
			this.#spoil(word, at);
		}
		if (random.chance(0.3)) this.#spoilPath(slot);
	}

	/** Any word. A host that names the other root is none that escapes: it may. */
	#spoil(word: number, at: number): void {
		const { ring, root } = this.#engine;
		const value = this.#random.pick(WORDS);
		const isName = at === SLOT_ROOT >> 2 || at === SLOT_FD >> 2;
		ring.words[word + at] = isName && value === this.#other ? root : value;
	}

	/** Bytes that no host would send as a path. */
	#spoilPath(slot: number): void {
		const { ring } = this.#engine;
		const random = this.#random;
		const address = ring.slotAddress(slot) + SLOT_PATH;
		const text = random.pick([
			'..',
			'../x',
			'/',
			'//',
			'/etc',
			'a/../../x',
			'.',
			'a//b',
			'a/',
			'\0',
			'a\0b',
			'../root2/canary',
		]);
		const bytes = random.chance(0.5)
			? Buffer.from(text)
			: Buffer.from(Array.from({ length: 40 }, () => random.between(0, 255)));
		bytes.copy(ring.bytes, address);
		ring.words[(ring.slotAddress(slot) + SLOT_PATH_BYTES) >> 2] = random.pick([bytes.length, bytes.length, 4095, 4096]);
	}

	#publish(slot: number): void {
		const random = this.#random;
		this.#engine.publishRaw(slot);
		if (random.chance(0.05)) this.#engine.publishRaw(slot);
		if (random.chance(0.05)) this.#engine.publishRaw(random.pick([16, 17, -1, 0x7fffffff, random.between(0, 15)]));
	}

	/** Slots change while their requests are parked: only what was copied counts. */
	#scribble(): void {
		const { ring, plan } = this.#engine;
		const random = this.#random;
		const slot = random.between(0, plan.entries - 1);
		const word = ring.slotAddress(slot) >> 2;
		for (let changes = random.between(1, 8); changes > 0; changes--) {
			const at = random.between(0, 63);
			if (at !== SLOT_TAG >> 2 && at !== SLOT_FLAGS >> 2) this.#spoil(word, at);
		}
		if (random.chance(0.5)) ring.ready(slot);
		if (random.chance(0.3)) ring.cancel(slot, random.chance(0.8) ? TAG + slot : random.pick(WORDS));
	}

	/** What stands outside the slots must never change: the configuration, and what was painted above the last buffer. */
	#paint(): () => void {
		const { bytes, plan } = this.#engine.ring;
		const above = bytes.subarray(plan.end);
		above.fill(0xa5);
		const painted = Buffer.from(above);
		const config = Buffer.from(bytes.subarray(plan.config, plan.control));
		return () => {
			if (!bytes.subarray(plan.config, plan.control).equals(config))
				throw new Error('the configuration was overwritten');
			if (!above.equals(painted)) throw new Error('the engine wrote behind its last buffer');
		};
	}

	#stillServes(): void {
		const engine = this.#engine;
		const echo = engine.run(OP_ECHO, '', { data: Buffer.from('alive') });
		if (echo.bytes.toString() !== 'alive') throw new Error(`echo answered ${echo.status}`);
		const found = engine.run(OP_STAT, 'canary', { root: this.#other });
		if (found.status !== ERRNO_SUCCESS) throw new Error(`the other root has lost its file: ${found.status}`);
		engine.run(OP_CLOSE, '', { fd: -1 });
	}
}
