import { readlinkSync } from 'node:fs';
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Plan } from '../ring/plan.js';
import { Ring } from '../ring/ring.js';
import { startEngine } from '../ring/start-engine.js';
import { ringBell } from '../ring/thread-signals.js';
import { DescriptorTable } from '../wasi/descriptor-table.js';
import type { Files } from '../wasi/files.js';
import type { OpenFiles } from '../wasi/files-context.js';
import { ParcelOutbox } from '../wasi/parcel-outbox.js';
import { preview1 } from '../wasi/preview1.js';
import { WorkerState, WorkerStatus } from './status.js';

/** What the host hands to a new worker. */
export interface WorkerStart {
	plan: Plan;
	status: SharedArrayBuffer;
	/** Assignments arrive here, and parcels leave. */
	port: MessagePort;
	table: SharedArrayBuffer;
	partition: number;
	partitions: number;
	epoch: SharedArrayBuffer;
	fsyncs: SharedArrayBuffer;
	/** What its service prepared for the files. */
	shared: unknown;
	/** URL of a module that wraps the imports: where tests inject faults. Absent outside tests. */
	seam: string | undefined;
}

/** A memory for the next instance, and its code. */
export interface Assignment {
	module: WebAssembly.Module;
	memory: WebAssembly.Memory;
	incarnation: number;
}

/** What a seam module exports as `wrapImports`. */
export type WrapImports = (imports: WebAssembly.Imports, ring: Ring) => WebAssembly.Imports;

/** On Deno memory that is transferred takes a hundred times longer than the copy it saves. */
const HAS_PARCELS = !('Deno' in globalThis);

/** What a worker thread does from its first moment to its last: it serves one instance after another, over these files. */
export function runWorker(openFiles: OpenFiles): void {
	const start = workerData as WorkerStart;
	const worker = new EngineWorker(start, openFiles);
	if (start.seam === undefined) void worker.serveAll();
	else void import(start.seam).then(({ wrapImports }: { wrapImports: WrapImports }) => worker.serveAll(wrapImports));
}

class EngineWorker {
	readonly #start: WorkerStart;
	readonly #status: WorkerStatus;
	readonly #table: DescriptorTable;
	readonly #parcels: ParcelOutbox;
	readonly #files: Files;
	#ring: Ring | undefined;

	constructor(start: WorkerStart, openFiles: OpenFiles) {
		this.#start = start;
		const status = new WorkerStatus(start.status);
		this.#status = status;
		// A host that is blocked in a synchronous call gets no event when this thread ends: it sees this word.
		process.on('exit', () => {
			status.state = WorkerState.gone;
			if (this.#ring !== undefined) ringBell(this.#ring);
		});
		status.thread = threadId();
		this.#table = new DescriptorTable(start.table, start.partition, start.partitions);
		this.#parcels = new ParcelOutbox({
			send: (parcel) => start.port.postMessage(parcel, [parcel.bytes.buffer as ArrayBuffer]),
			get taken() {
				return status.parcelsTaken;
			},
		});
		const { shared, fsyncs } = start;
		this.#files = openFiles({
			table: this.#table,
			shared,
			epoch: new Int32Array(start.epoch),
			fsyncs,
			ownsThread: true,
		});
	}

	/** One instance after another, until one is asked to stop. */
	async serveAll(wrapImports?: WrapImports): Promise<void> {
		const { port, plan } = this.#start;
		for (let seen = 0; ; ) {
			this.#status.waitForAssignment(seen);
			const message = receiveMessageOnPort(port);
			if (message === undefined) continue;
			const assignment = message.message as Assignment;
			const { memory, incarnation } = assignment;
			seen = incarnation;
			const ring = new Ring(memory, plan);
			this.#ring = ring;
			if (await this.#serve(assignment, ring, wrapImports)) break;
		}
		port.close();
	}

	/** Runs one instance to its end: true when it was asked to stop, false when it trapped and another one is to follow. */
	async #serve(
		{ module, memory, incarnation }: Assignment,
		ring: Ring,
		wrapImports: WrapImports | undefined,
	): Promise<boolean> {
		const status = this.#status;
		try {
			this.#table.owner = incarnation;
			this.#parcels.clear();
			const own = preview1(
				this.#files,
				memory,
				() => !status.isRevoked(incarnation),
				undefined,
				HAS_PARCELS ? this.#parcels : undefined,
			);
			const imports = wrapImports === undefined ? own : wrapImports(own, ring);
			const engine = startEngine(module, memory, this.#start.plan, imports);
			status.state = WorkerState.running;
			while (engine.run() !== 0) await loopTurn();
			status.state = WorkerState.stopped;
			return true;
		} catch (thrown) {
			// Whatever was thrown, this instance is never called again: its memory may be anything.
			const error = thrown instanceof Error ? thrown : new Error(String(thrown));
			status.report = { name: error.name, message: error.message, stack: error.stack ?? '' };
			status.state = WorkerState.trapped;
			ringBell(ring);
			return false;
		}
	}
}

/** A whole turn of the event loop: handles are closed at its end, after everything that `setImmediate` asks for. */
async function loopTurn(): Promise<void> {
	for (let phase = 0; phase < 2; phase++) await new Promise((resolve) => setImmediate(resolve));
}

function threadId(): number {
	try {
		return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
	} catch {
		// Only Linux has it; elsewhere a dead thread is found by its heartbeat.
		return 0;
	}
}
