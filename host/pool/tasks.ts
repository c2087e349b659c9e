import { OP_ECHO, OP_FAULT, OP_SLEEP } from '../../assembly/layout.js';
import { HoldfastError } from '../errors.js';
import { type CallOptions, type Engine, type Reply, Request } from './request.js';

/** What each task takes and gives. */
export interface Tasks {
	/** The bytes come back. */
	echo: { input: Uint8Array | string; output: Uint8Array };
	/** Ends after so many milliseconds, without keeping its thread from other work. */
	sleep: { input: number; output: undefined };
	/** Fault build only: traps in the way that the `FAULT_KIND_` says. The published engine refuses it. */
	fault: { input: number; output: undefined };
}

interface TaskKind<Name extends keyof Tasks> {
	request(input: Tasks[Name]['input']): Request;
	output(reply: Reply): Tasks[Name]['output'];
}

const KINDS: { [Name in keyof Tasks]: TaskKind<Name> } = {
	echo: {
		request(input) {
			if (typeof input !== 'string' && !(ArrayBuffer.isView(input) && input instanceof Uint8Array)) {
				const message = "the input of 'echo' is a string or a Uint8Array";
				throw new HoldfastError('ConfigInvalid', message, { operation: 'echo' });
			}
			const request = new Request(OP_ECHO, 'echo');
			request.data = typeof input === 'string' ? Buffer.from(input) : input;
			return request;
		},
		output: (reply) => reply.bytes,
	},
	sleep: {
		request: (milliseconds) => numbered(OP_SLEEP, 'sleep', milliseconds),
		output: () => undefined,
	},
	fault: {
		request: (kind) => numbered(OP_FAULT, 'fault', kind),
		output: () => undefined,
	},
};

/** The task of that name; `ConfigInvalid` when there is none. */
export function taskKind<Name extends keyof Tasks>(name: Name): TaskKind<Name> {
	if (!Object.hasOwn(KINDS, name)) {
		const known = Object.keys(KINDS).join(', ');
		throw new HoldfastError('ConfigInvalid', `unknown task '${String(name)}'; known are ${known}`, {
			operation: 'dispatch',
		});
	}
	return KINDS[name];
}

/** Runs a task on an engine; its result, or the reason of its failure. */
export function runTask<Name extends keyof Tasks>(
	engine: Engine,
	task: Name,
	input: Tasks[Name]['input'],
	options: CallOptions | undefined,
): Promise<Tasks[Name]['output']> {
	const kind = taskKind(task);
	return engine.submit(kind.request(input), options).then(kind.output);
}

function numbered(op: number, operation: string, value: number): Request {
	if (!Number.isSafeInteger(value) || value < 0) {
		throw new HoldfastError(
			'ConfigInvalid',
			`the input of '${operation}' is a number of milliseconds or a kind, not ${String(value)}`,
			{
				operation,
			},
		);
	}
	const request = new Request(op, operation);
	request.offset = value;
	return request;
}
