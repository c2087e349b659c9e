import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';

const GREETING = 'hello';
const POLL_MS = 5;
/** Where the kernel says that a process sleeps; `0` when it does not tell. */
const WAITING = ['wait_for_partner', '0'];

/**
 * Another program that waits in the opening of a FIFO for somebody at its other end. It is woken by whoever opens that end, and by nothing else, and
 * nothing puts it back to sleep.
 */
export class FifoPartner {
	readonly #program: ChildProcess;
	readonly #ended: Promise<unknown[]>;

	private constructor(
		readonly path: string,
		readonly side: 'reader' | 'writer',
		/** What a writer writes, and a reader has read. */
		readonly content: string,
	) {
		const [from, to] = side === 'reader' ? [path, content] : [content, path];
		this.#program = spawn('dd', [`if=${from}`, `of=${to}`, 'status=none'], { stdio: 'ignore' });
		this.#ended = once(this.#program, 'exit');
	}

	/** Makes the FIFO, and comes back when the other program waits. `content` is a path outside of what is tested. */
	static async waitAt(path: string, side: 'reader' | 'writer', content: string): Promise<FifoPartner> {
		execFileSync('mkfifo', [path]);
		if (side === 'writer') writeFileSync(content, GREETING);
		const partner = new FifoPartner(path, side, content);
		while (!partner.isWaiting) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		return partner;
	}

	/** Whether nobody has opened the other end: who is woken is not asleep from that moment on. */
	get isWaiting(): boolean {
		const at = `/proc/${this.#program.pid}`;
		try {
			const [, state] = readFileSync(`${at}/stat`, 'latin1').split(') ');
			const name = readFileSync(`${at}/comm`, 'latin1').trim();
			return name === 'dd' && state.startsWith('S') && WAITING.includes(readFileSync(`${at}/wchan`, 'latin1'));
		} catch (error) {
			if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
			return false;
		}
	}

	/** Takes the other end, wherever the FIFO is by now, and lets the program do its work: whether it succeeds. */
	async meet(path = this.path): Promise<boolean> {
		const end = openSync(path, 'r+');
		if (this.side === 'reader') {
			writeFileSync(end, GREETING);
			// It sees the end of the file when nobody can write any more; what it has not begun to open by then it would wait for again.
			while (this.isWaiting) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
			closeSync(end);
		}
		const [code] = await this.#ended;
		if (this.side === 'writer') closeSync(end);
		return code === 0 && readFileSync(this.content, 'latin1') === GREETING;
	}

	async end(): Promise<void> {
		this.#program.kill('SIGKILL');
		if (this.#program.exitCode === null && this.#program.signalCode === null) await this.#ended;
	}
}
