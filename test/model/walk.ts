import { HoldfastError, type Operator } from 'holdfast';
import { patternBytes } from '../behavior/bytes.js';
import { type Code, OperatorModel, type Verdict } from './operator-model.js';
import type { Content, Step } from './steps.js';

/** Runs a sequence of calls against an operator and against the model, and fails at the first one that disagrees. */
export async function walk(op: Operator, steps: readonly Step[]): Promise<void> {
	const model = new OperatorModel();
	await op.removeAll('/');
	for (const [index, step] of steps.entries()) {
		if (isUndefined(model, step)) continue;
		const verdict = predict(model, step);
		const answer = await answerOf(() => perform(op, step));
		const complaint = compare(verdict, answer);
		if (complaint !== null) throw new Error(`Step ${index}, ${describe(step)}: ${complaint}`);
	}
	await compareEverything(op, model);
}

type Answer = { value: unknown } | { code: Code; message: string };

/** What semantics.md leaves open, and what would leave the model without knowing the state. */
function isUndefined(model: OperatorModel, step: Step): boolean {
	switch (step.call) {
		case 'delete':
			return isRoot(step.path);
		case 'removeAll':
			return !step.path.endsWith('/') && step.path !== '' && model.isPrefix(step.path);
		case 'writer':
			// Whether an aborted writer takes back the directories that it made is a case of its own in the behaviour suite.
			return step.end === 'abort' && !model.hasParent(step.path);
		case 'remove':
			// When one of several paths is refused, how many of the others are gone is not defined.
			return step.paths.some((path) => isRoot(path) || !('value' in model.exists(path)) || model.isFull(path));
		default:
			return false;
	}
}

function isRoot(path: string): boolean {
	return /^\/*$/.test(path);
}

function predict(model: OperatorModel, step: Step): Verdict {
	switch (step.call) {
		case 'stat':
		case 'exists':
		case 'createDir':
		case 'removeAll':
			return model[step.call](step.path);
		case 'read':
			return model.read(step.path, step.range);
		case 'reader':
			return model.read(step.path, {});
		case 'write':
			return model.write(step.path, bytesOf(step.content), step.mode);
		case 'writer':
			if (step.end === 'abort') return predictAborted(model, step);
			return model.write(step.path, Buffer.concat(step.pieces.map(bytesOf)), step.mode);
		case 'delete':
			return model.delete(step.path, step.recursive);
		case 'remove':
			for (const path of step.paths) model.delete(path, false);
			return { value: undefined };
		case 'list':
		case 'lister':
			return model.list(step.path, step.options);
		default:
			return model.transfer(step.call, step.path, step.target, step.ifNotExists);
	}
}

/** An aborted writer changes nothing. What is wrong with its path it may notice before it is aborted, or not. */
function predictAborted(model: OperatorModel, step: Step & { call: 'writer' }): Verdict {
	const trial = new OperatorModel();
	for (const [key, content] of model.files) trial.files.set(key, content);
	for (const key of model.directories) trial.directories.add(key);
	const verdict = trial.write(step.path, Buffer.alloc(0), step.mode);
	if ('value' in verdict) return { value: undefined };
	return verdict.codes.includes('InvalidPath') ? verdict : { ...verdict, mayPass: { value: undefined } };
}

async function perform(op: Operator, step: Step): Promise<unknown> {
	switch (step.call) {
		case 'stat':
			return kindOf(await op.stat(step.path));
		case 'exists':
		case 'createDir':
		case 'removeAll':
			return op[step.call](step.path);
		case 'read':
			return op.read(step.path, step.range);
		case 'reader':
			return readThrough(op, step);
		case 'write':
			return kindOf(await op.write(step.path, bytesOf(step.content), optionsOf(step)));
		case 'writer':
			return writeThrough(op, step);
		case 'delete':
			return op.delete(step.path, { recursive: step.recursive });
		case 'remove':
			return op.remove(step.paths);
		case 'list':
			return (await op.list(step.path, step.options)).map((entry) => entry.path());
		case 'lister': {
			const paths: string[] = [];
			for await (const entry of await op.lister(step.path, step.options)) paths.push(entry.path());
			return paths.sort();
		}
		default:
			return op[step.call](step.path, step.target, { ifNotExists: step.ifNotExists });
	}
}

async function readThrough(op: Operator, step: Step & { call: 'reader' }): Promise<Buffer> {
	const reader = await op.reader(step.path);
	const buffer = Buffer.alloc(step.bufferBytes);
	const pieces: Buffer[] = [];
	for (let count = await reader.read(buffer); count > 0n; count = await reader.read(buffer)) {
		pieces.push(Buffer.from(buffer.subarray(0, Number(count))));
	}
	return Buffer.concat(pieces);
}

async function writeThrough(op: Operator, step: Step & { call: 'writer' }): Promise<unknown> {
	const writer = await op.writer(step.path, optionsOf(step));
	for (const piece of step.pieces) await writer.write(bytesOf(piece));
	if (step.end === 'close') return kindOf(await writer.close());
	await writer.abort();
	return undefined;
}

function optionsOf(step: Step & { call: 'write' | 'writer' }): { append?: boolean; ifNotExists?: boolean } {
	return { append: step.mode === 'append', ifNotExists: step.mode === 'ifNotExists' };
}

function bytesOf(content: Content): Buffer {
	return patternBytes(content.length, content.seed);
}

function kindOf(metadata: Awaited<ReturnType<Operator['stat']>>): string {
	return metadata.isDirectory() ? 'directory' : `file of ${metadata.contentLength}`;
}

async function answerOf(call: () => Promise<unknown>): Promise<Answer> {
	try {
		return { value: await call() };
	} catch (error) {
		if (!(error instanceof HoldfastError)) throw error;
		return { code: error.code, message: error.message };
	}
}

/** Null when the answer is what the model says. */
function compare(verdict: Verdict, answer: Answer): string | null {
	if ('code' in answer) {
		if ('codes' in verdict && verdict.codes.includes(answer.code)) return null;
		return `expected ${wordsFor(verdict)}, got the error "${answer.message}"`;
	}
	const accepted = 'value' in verdict ? verdict : verdict.mayPass;
	if (accepted !== undefined && isSame(accepted.value, answer.value)) return null;
	return `expected ${wordsFor(verdict)}, got ${show(answer.value)}`;
}

async function compareEverything(op: Operator, model: OperatorModel): Promise<void> {
	const paths = (await op.list('/', { recursive: true })).map((entry) => entry.path());
	if (!isSame(model.everything(), paths)) {
		throw new Error(`At the end: expected the paths ${show(model.everything())}, got ${show(paths)}`);
	}
	for (const [key, content] of model.files) {
		const bytes = await op.read(key);
		if (!isSame(content, bytes))
			throw new Error(`At the end: expected ${key} to be ${show(content)}, got ${show(bytes)}`);
	}
}

function isSame(expected: unknown, actual: unknown): boolean {
	if (Buffer.isBuffer(expected)) return actual instanceof Uint8Array && Buffer.compare(expected, actual) === 0;
	return JSON.stringify(expected) === JSON.stringify(actual);
}

function wordsFor(verdict: Verdict): string {
	if ('value' in verdict) return show(verdict.value);
	const codes = `an error ${verdict.codes.join(' or ')}`;
	return verdict.mayPass === undefined ? codes : `${codes}, or ${show(verdict.mayPass.value)}`;
}

function show(value: unknown): string {
	if (!(value instanceof Uint8Array)) return JSON.stringify(value) ?? 'nothing';
	return `${value.length} bytes (${Buffer.from(value.subarray(0, 16)).toString('hex')}…)`;
}

function describe(step: Step): string {
	return JSON.stringify(step);
}
