import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./children/child.mjs', import.meta.url));

const FREEZE_MAX_MS = 90_000;

/** A process that works on a store. */
export class Child {
	readonly process: ChildProcess;
	#text = '';
	#errors = '';
	readonly #ended: Promise<unknown>;

	/** `before` is put before the command: a tracer, say. */
	constructor(mode: string, options: Record<string, unknown>, before: readonly string[] = []) {
		const command = [...before, process.execPath, CHILD, mode, JSON.stringify(options)];
		this.process = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
		this.process.stdout?.on('data', (chunk: Buffer) => {
			this.#text += chunk.toString();
		});
		this.process.stderr?.on('data', (chunk: Buffer) => {
			this.#errors += chunk.toString();
		});
		this.#ended = once(this.process, 'close');
	}

	/** Whole lines that it has told so far. */
	get lines(): string[] {
		return this.#text
			.slice(0, this.#text.lastIndexOf('\n') + 1)
			.split('\n')
			.slice(0, -1);
	}

	get errors(): string {
		return this.#errors;
	}

	/** Waits until it has told this. */
	async told(line: string): Promise<void> {
		while (!this.lines.includes(line)) {
			if (this.process.exitCode !== null) throw new Error(`the child ended: ${this.#errors}`);
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
	}

	/** Everything it told, once it has ended by itself and well. */
	async finished(): Promise<string[]> {
		await this.#ended;
		if (this.process.exitCode !== 0)
			throw new Error(`the child failed (${this.process.exitCode}): ${this.#errors}${this.#text.slice(-500)}`);
		return this.lines;
	}

	/**
	 * Stops the thread that tells, so that nothing is told from here on: a machine without power acknowledges nothing any more. Whatever its
	 * other threads do in the kernel goes on.
	 */
	freeze(): void {
		const { pid } = this.process;
		this.process.kill('SIGSTOP');
		const deadline = Date.now() + FREEZE_MAX_MS;
		while (!/\) [Tt] /.test(readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1'))) {
			if (Date.now() > deadline) throw new Error('the child does not stop');
		}
	}

	/** Ends it without a warning; everything it told until then. */
	async killed(): Promise<string[]> {
		this.process.kill('SIGKILL');
		await this.#ended;
		return this.lines;
	}

	/** However it ends. */
	async ended(): Promise<string[]> {
		await this.#ended;
		return this.lines;
	}
}

/** An empty place with a root in it; `dispose` removes it. */
export function makePlace(): { place: string; root: string; dispose(): void } {
	const place = mkdtempSync(join(tmpdir(), 'holdfast-durability-'));
	const root = join(place, 'root');
	mkdirSync(root);
	return { place, root, dispose: () => rmSync(place, { recursive: true, force: true }) };
}
