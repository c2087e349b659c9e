import { readlinkSync } from 'node:fs';
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Plan } from '../ring/plan.js';
import { Ring } from '../ring/ring.js';
import { startEngine } from '../ring/start-engine.js';
import { DescriptorTable } from '../wasi/descriptor-table.js';
import type { OpenFiles } from '../wasi/files-context.js';
import { ParcelOutbox } from '../wasi/parcel-outbox.js';
import { preview1 } from '../wasi/preview1.js';
import { WorkerState, WorkerStatus } from './status.js';

/** What the host hands to a new worker. */
export interface WorkerStart {
	module: WebAssembly.Module;
	plan: Plan;
	status: SharedArrayBuffer;
	/** Assignments arrive here, and parcels leave. */
	port: MessagePort;
	table: SharedArrayBuffer;
	partition: number;
	partitions: number;
	epoch: SharedArrayBuffer;
	fsyncs: SharedArrayBuffer;
	/** URL of the module that answers the engine's calls, and what its service prepared for it. */
	files: string;
	shared: unknown;
	/** URL of a module that wraps the imports: where tests inject faults. Absent outside tests. */
	seam: string | undefined;
}

/** A memory for the next instance. */
export interface Assignment {
	memory: WebAssembly.Memory;
	incarnation: number;
}

/** What a seam module exports as `wrapImports`. */
export type WrapImports = (imports: WebAssembly.Imports, ring: Ring) => WebAssembly.Imports;

const start = workerData as WorkerStart;
const status = new WorkerStatus(start.status);
const table = new DescriptorTable(start.table, start.partition, start.partitions);
/** On Deno memory that is transferred takes a hundred times longer than the copy it saves. */
const hasParcels = !('Deno' in globalThis);
const parcels = new ParcelOutbox({
	send: (parcel) => start.port.postMessage(parcel, [parcel.bytes.buffer as ArrayBuffer]),
	get taken() {
		return status.parcelsTaken;
	},
});
let ring: Ring | undefined;

// A host that is blocked in a synchronous call gets no event when this thread ends: it sees this word.
process.on('exit', () => {
	status.state = WorkerState.gone;
	ring?.ring();
});

status.thread = threadId();
const { openFiles } = (await import(start.files)) as { openFiles: OpenFiles };
const wrapImports =
	start.seam === undefined ? undefined : ((await import(start.seam)) as { wrapImports: WrapImports }).wrapImports;
const { shared, fsyncs } = start;
const files = openFiles({ table, shared, epoch: new Int32Array(start.epoch), fsyncs });

for (let seen = 0; ; ) {
	status.waitForAssignment(seen);
	const message = receiveMessageOnPort(start.port);
	if (message === undefined) continue;
	const { memory, incarnation } = message.message as Assignment;
	seen = incarnation;
	ring = new Ring(memory, start.plan);
	if (serve(memory, incarnation, ring)) break;
}
start.port.close();

/** Runs one instance to its end: true when it was asked to stop, false when it trapped and another one is to follow. */
function serve(memory: WebAssembly.Memory, incarnation: number, ring: Ring): boolean {
	try {
		table.owner = incarnation;
		parcels.clear();
		const own = preview1(
			files,
			memory,
			() => !status.isRevoked(incarnation),
			undefined,
			hasParcels ? parcels : undefined,
		);
		const imports = wrapImports === undefined ? own : wrapImports(own, ring);
		const engine = startEngine(start.module, memory, start.plan, imports);
		status.state = WorkerState.running;
		engine.run();
		status.state = WorkerState.stopped;
		return true;
	} catch (thrown) {
		// Whatever was thrown, this instance is never called again: its memory may be anything.
		const error = thrown instanceof Error ? thrown : new Error(String(thrown));
		status.report = { name: error.name, message: error.message, stack: error.stack ?? '' };
		status.state = WorkerState.trapped;
		ring.ring();
		return false;
	}
}

function threadId(): number {
	try {
		return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
	} catch {
		// Only Linux has it; elsewhere a dead thread is found by its heartbeat.
		return 0;
	}
}
