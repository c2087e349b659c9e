import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Operator } from 'holdfast';
import type { Pool, PoolInternals } from '#host/pool/pool';
import { Request } from '#host/pool/request';
import { openStore } from '#host/services/index';
import type { Store } from '#host/services/service';

/** What the seam `fault.mjs` is asked for. */
export interface Fault {
	call: string;
	how: 'throw' | 'exit' | 'heap' | 'spin' | 'wait' | 'fifo';
	path?: string;
	when?: 'before' | 'after';
	/** Only the first time in this scene. */
	once?: boolean;
}

/** An operator over an empty directory of its own or in memory, in whose host something goes wrong. */
export class Scene {
	readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-supervision-'));
	readonly root = join(this.folder, 'root');
	readonly fifo = join(this.folder, 'fifo');
	readonly store: Store;
	readonly op: Operator;
	#isBlocking = false;

	constructor(
		options: Record<string, unknown> & { service?: 'fs' | 'memory' } = {},
		fault: Fault | undefined = undefined,
		internals: PoolInternals = {},
	) {
		const { service = 'fs', ...rest } = options;
		const own = service === 'fs' ? { root: this.root } : {};
		const seam = fault && { seam: this.#seam(fault) };
		this.store = openStore(
			service,
			{ workers: 1, syncWorkers: 1, ringEntries: 64, ...own, ...rest },
			{ ...seam, ...internals },
		);
		this.op = Operator.fromStore(this.store);
	}

	get pool(): Pool {
		return this.store.pool;
	}

	/** The request that makes the fault engine trap in this way. */
	fault(kind: number): Request {
		return Object.assign(new Request(19, 'fault'), { root: this.store.root, offset: kind });
	}

	/** Names in the root, also those that the engine hides. */
	names(): string[] {
		return readdirSync(this.root).sort();
	}

	/** Lets a thread go on that is blocked in the kernel. */
	release(): void {
		if (!this.#isBlocking) return;
		this.#isBlocking = false;
		const fd = openSync(this.fifo, 'r+');
		writeSync(fd, 'x'.repeat(64));
		// Whoever is blocked has it open too; closed before, the pipe would be empty again.
		void delay(200).then(() => closeSync(fd));
	}

	async close(): Promise<void> {
		this.release();
		await this.op.close();
		rmSync(this.folder, { recursive: true, force: true });
	}

	#seam({ once, ...fault }: Fault): string {
		const url = new URL('../seams/fault.mjs', import.meta.url);
		for (const [name, value] of Object.entries(fault)) url.searchParams.set(name, value);
		if (once) url.searchParams.set('once', join(this.folder, 'once'));
		if (fault.how === 'fifo') {
			execFileSync('mkfifo', [this.fifo]);
			url.searchParams.set('fifo', this.fifo);
			this.#isBlocking = true;
		}
		return url.href;
	}
}
