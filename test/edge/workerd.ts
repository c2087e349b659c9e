import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Findings } from '../runtimes/runtimes.js';
import { here } from './bundle.js';

const require = createRequire(import.meta.url);

/** What a worker is made of, besides its script. */
export interface WorkerParts {
	/** An empty directory for the configuration. */
	readonly folder: string;
	/** Its script, one file. */
	readonly script: string;
	/** Path of the engine that it imports as `./engine.wasm`. */
	readonly engine: string;
	/** Class of a Durable Object, bound as `STORE`, and the directory in which it keeps what it stores. */
	readonly store?: { readonly className: string; readonly folder: string };
}

/** A workerd that runs, and ends with `stop`. */
export class Workerd {
	readonly #child: ChildProcess;
	readonly url: string;

	private constructor(child: ChildProcess, url: string) {
		this.#child = child;
		this.url = url;
	}

	/** Starts it on a free port of the loopback interface. */
	static async start(parts: WorkerParts): Promise<Workerd> {
		writeFileSync(join(parts.folder, 'worker.mjs'), parts.script);
		copyFileSync(parts.engine, join(parts.folder, 'engine.wasm'));
		writeFileSync(join(parts.folder, 'config.capnp'), configOf(parts));
		const options = ['serve', '--experimental', 'config.capnp', '--control-fd=3'];
		const { default: path } = require('workerd') as { default: string };
		const child = spawn(path, options, { cwd: parts.folder, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
		return new Workerd(child, `http://127.0.0.1:${await portOf(child)}`);
	}

	async json<T>(path: string): Promise<T> {
		const { status, text } = await this.#get(path);
		if (status !== 200) throw new Error(`workerd answered ${status}: ${text}`);
		return JSON.parse(text) as T;
	}

	/** Unlike `fetch` it waits for the answer for as long as it takes. */
	async #get(path: string): Promise<{ status: number | undefined; text: string }> {
		const [response] = (await once(get(`${this.url}${path}`), 'response')) as [IncomingMessage];
		let text = '';
		for await (const chunk of response.setEncoding('utf8')) text += chunk;
		return { status: response.statusCode, text };
	}

	/** Ends it at once, as a crash would. */
	async stop(): Promise<void> {
		if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
		this.#child.kill('SIGKILL');
		await once(this.#child, 'exit');
	}
}

/** What a worker of this script tells of a trap, over the engine that traps when it is told to. */
export async function probe(parts: Omit<WorkerParts, 'engine'>): Promise<Pick<Findings, 'trapsReplaced'>> {
	const workerd = await Workerd.start({ ...parts, engine: here('../../build/engine.unshared.fault.wasm') });
	try {
		return await workerd.json('/probe');
	} finally {
		await workerd.stop();
	}
}

/** The port, as workerd tells on its control descriptor. */
async function portOf(child: ChildProcess): Promise<number> {
	let told = '';
	const control = child.stdio[3] as NodeJS.ReadableStream;
	for await (const chunk of control) {
		told += String(chunk);
		const line = told.split('\n').find((candidate) => candidate.includes('"listen"'));
		if (line !== undefined) return (JSON.parse(line) as { port: number }).port;
	}
	throw new Error(`workerd did not start: ${told}`);
}

function configOf({ store }: WorkerParts): string {
	const storage =
		store === undefined
			? ''
			: `
	durableObjectNamespaces = [(className = "${store.className}", uniqueKey = "holdfast-test", enableSql = true)],
	durableObjectStorage = (localDisk = "disk"),
	bindings = [(name = "STORE", durableObjectNamespace = "${store.className}")],`;
	const disk =
		store === undefined ? '' : `(name = "disk", disk = (path = ${JSON.stringify(store.folder)}, writable = true)),`;
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [${disk} (name = "main", worker = .worker)],
	sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
	v8Flags = ["--expose-gc"],
);
const worker :Workerd.Worker = (
	modules = [
		(name = "worker.mjs", esModule = embed "worker.mjs"),
		(name = "engine.wasm", wasm = embed "engine.wasm"),
	],
	compatibilityDate = "2025-05-05",${storage}
);
`;
}
