import {
	COMPLETION_BYTES,
	CONFIG_BYTES,
	CONFIG_END,
	CONFIG_TEMP_PREFIX,
	CONTROL_BYTES,
	LAYOUT_VERSION,
	LINE_BYTES,
	RECORD_BYTES,
	SLOT_DATA,
	STATIC_BYTES,
	SUBMISSION_BYTES,
	WRITER_BYTES,
} from '../../assembly/layout.js';

/** Payload and small results stand in the slot itself up to this; beyond it they travel in pool buffers. */
export const SLOT_DATA_BYTES = 16384;
/** Writers that can be open on one instance at a time. */
export const WRITERS = 1024;
const PAGE_BYTES = 65536;
const WASM_MEMORY_MAX_BYTES = 2 ** 32;

/** What decides the layout of an instance's memory. */
export interface PlanOptions {
	ringEntries: number;
	buffers: number;
	bufferBytes: number;
	/** First part of every temporary name; ASCII. */
	tempPrefix: string;
	/** Turns without work before an engine that runs in a loop sleeps. */
	spinTurns?: number;
}

/** Where everything stands in an instance's memory; drawn in `assembly/layout.ts`. Addresses and sizes in bytes. */
export interface Plan {
	readonly config: number;
	readonly control: number;
	readonly entries: number;
	readonly submissions: number;
	readonly completions: number;
	readonly completionEntries: number;
	readonly slots: number;
	readonly slotBytes: number;
	readonly slotDataBytes: number;
	readonly records: number;
	readonly writers: number;
	readonly bufferOwners: number;
	readonly buffers: number;
	readonly bufferCount: number;
	readonly bufferBytes: number;
	readonly spinTurns: number;
	readonly tempPrefix: string;
	readonly end: number;
	readonly pages: number;
}

/**
 * Lays an instance's memory out. Throws a RangeError when it would not fit a 32-bit memory: options are checked before. The rest of the
 * configuration is checked by the engine when it starts.
 */
export function planMemory(options: PlanOptions): Plan {
	const config = STATIC_BYTES;
	const control = config + CONFIG_BYTES;
	const submissions = align(control + CONTROL_BYTES, LINE_BYTES);
	const completions = align(submissions + options.ringEntries * SUBMISSION_BYTES, LINE_BYTES);
	// One final completion per slot and one chunk per buffer can be under way: the ring never overflows.
	const completionEntries = powerOfTwoFrom(options.ringEntries + options.buffers);
	const slots = align(completions + completionEntries * COMPLETION_BYTES, LINE_BYTES);
	const slotBytes = SLOT_DATA + SLOT_DATA_BYTES;
	const records = align(slots + options.ringEntries * slotBytes, LINE_BYTES);
	const writers = align(records + options.ringEntries * RECORD_BYTES, LINE_BYTES);
	const bufferOwners = align(writers + WRITERS * WRITER_BYTES, LINE_BYTES);
	const buffers = bufferOwners + options.buffers * LINE_BYTES;
	const end = buffers + options.buffers * options.bufferBytes;
	if (end > WASM_MEMORY_MAX_BYTES) throw new RangeError('an instance would need more than 4 GiB');
	return {
		config,
		control,
		entries: options.ringEntries,
		submissions,
		completions,
		completionEntries,
		slots,
		slotBytes,
		slotDataBytes: SLOT_DATA_BYTES,
		records,
		writers,
		bufferOwners,
		buffers,
		bufferCount: options.buffers,
		bufferBytes: options.bufferBytes,
		spinTurns: options.spinTurns ?? 0,
		tempPrefix: options.tempPrefix,
		end,
		pages: Math.ceil(end / PAGE_BYTES),
	};
}

/** Memory for an instance: shared between the host thread and its worker, or not where there are no threads. */
export function createMemory(plan: Plan, shared: boolean): WebAssembly.Memory {
	return new WebAssembly.Memory({ initial: plan.pages, maximum: plan.pages, shared });
}

/** Wipes the control words and writes the configuration block, before `start` is called on a new or used memory. */
export function prepareMemory(memory: WebAssembly.Memory, plan: Plan): void {
	const bytes = Buffer.from(memory.buffer);
	// Rings, control words and owner words; slots and records are written before they are read.
	bytes.fill(0, plan.config, plan.slots);
	bytes.fill(0, plan.bufferOwners, plan.buffers);
	// In the order of `assembly/layout.ts`, from CONFIG_VERSION to CONFIG_TEMP_PREFIX_BYTES.
	const words = new Uint32Array(memory.buffer, plan.config);
	words.set([
		LAYOUT_VERSION,
		plan.entries,
		plan.slotDataBytes,
		plan.control,
		plan.submissions,
		plan.completions,
		plan.completionEntries,
		plan.slots,
		plan.records,
		plan.writers,
		WRITERS,
		plan.bufferOwners,
		plan.bufferCount,
		plan.bufferBytes,
		plan.spinTurns,
		plan.tempPrefix.length,
	]);
	words[CONFIG_END >> 2] = plan.end;
	bytes.write(plan.tempPrefix, plan.config + CONFIG_TEMP_PREFIX);
}

function align(address: number, bytes: number): number {
	return Math.ceil(address / bytes) * bytes;
}

function powerOfTwoFrom(least: number): number {
	return 2 ** Math.ceil(Math.log2(least));
}
