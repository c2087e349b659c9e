import { HoldfastError } from '../errors.js';
import { type CallOptions, type Engine, givesBack, type Reply, type Request } from '../pool/request.js';
import type { OperatorContext } from './context.js';
import { ignoreFailure } from './ignore-failure.js';
import type { Invocation } from './invocation.js';

// Every method exists twice, with a promise and blocking. What it does is written once, as a plan; here are the two ways to
// carry a plan out.

/** A plan of one request: what most methods are. */
export class Call<T> {
	readonly invocation: Invocation;
	readonly request: Request;
	readonly result: (reply: Reply) => T;
	/** Gives a result for an error, or throws it again. */
	readonly recover: ((error: unknown) => T) | undefined;

	constructor(invocation: Invocation, request: Request, result: (reply: Reply) => T, recover?: (error: unknown) => T) {
		this.invocation = invocation;
		this.request = request;
		this.result = result;
		this.recover = recover;
	}
}

/** A plan of several requests, each of which may depend on the reply to the one before. */
export type Steps<T> = Generator<Request | Ahead, T, Reply>;

/**
 * A request whose reply is wanted later. Yielded for the first time it is sent, if the caller does not block, and nothing is waited for;
 * yielded again it is answered.
 */
export class Ahead {
	readonly request: Request;
	isYielded = false;
	reply: Promise<Reply> | undefined;

	constructor(request: Request) {
		this.request = request;
	}
}

/** What an `Ahead` gets when it is yielded for the first time; nobody looks at it. */
const UNANSWERED = undefined as unknown as Reply;

export class Sequence<T> {
	readonly invocation: Invocation;
	readonly steps: Steps<T>;

	constructor(invocation: Invocation, steps: Steps<T>) {
		this.invocation = invocation;
		this.steps = steps;
	}
}

export type Plan<T> = Call<T> | Sequence<T>;

/** The same plan with another result. What `change` throws is the failure of the call; one that recovers has its result already. */
export function mapPlan<A, B>(plan: Plan<A>, change: (result: A) => B): Plan<B> {
	if (plan instanceof Sequence) return new Sequence(plan.invocation, mapSteps(plan.steps, change));
	return new Call(plan.invocation, plan.request, (reply) => change(plan.result(reply)));
}

function* mapSteps<A, B>(steps: Steps<A>, change: (result: A) => B): Steps<B> {
	return change(yield* steps);
}

/** Makes a plan for one call of a method. It throws what is wrong with the call itself. */
export type Planner<T, O, E> = (context: OperatorContext, path: string, options: O, extra: E) => Plan<T>;

/** Carries out a plan; whatever goes wrong, planning included, rejects. One promise of its own per call, no more. */
export function runAsync<T, O, E>(
	context: OperatorContext,
	planner: Planner<T, O, E>,
	path: string,
	options: O,
	extra?: E,
): Promise<T> {
	let plan: Plan<T>;
	try {
		plan = planner(context, path, options, extra as E);
	} catch (error) {
		return Promise.reject(error);
	}
	if (plan instanceof Sequence) return plan.invocation.drive(plan.steps);
	return plan.invocation.submit(plan.request).then(plan.result, plan.recover ?? rethrow);
}

/** The same, blocking. */
export function runSync<T, O, E>(
	context: OperatorContext,
	planner: Planner<T, O, E>,
	path: string,
	options: O,
	extra?: E,
): T {
	const plan = planner(context, path, options, extra as E);
	if (plan instanceof Sequence) return plan.invocation.driveSync(plan.steps);
	let reply: Reply;
	try {
		reply = plan.invocation.submitSync(plan.request);
	} catch (error) {
		retrace(error, runSync);
		if (plan.recover === undefined) throw error;
		return plan.recover(error);
	}
	return plan.result(reply);
}

/** Takes the steps with promises. An error goes into the steps, which may clean up before they let it out. */
export async function driveAsync<T>(engine: Engine, steps: Steps<T>, options?: CallOptions): Promise<T> {
	let step = steps.next();
	while (!step.done) {
		const { value } = step;
		if (value instanceof Ahead && !value.isYielded) {
			sendAhead(engine, value, options);
			step = steps.next(UNANSWERED);
			continue;
		}
		let reply: Reply;
		try {
			reply = await replyTo(engine, value, options);
		} catch (error) {
			retrace(error, driveAsync);
			step = steps.throw(error);
			continue;
		}
		step = steps.next(reply);
	}
	return step.value;
}

/** Takes the steps one by one, blocking. */
export function driveSync<T>(engine: Engine, steps: Steps<T>, options?: CallOptions): T {
	let step = steps.next();
	while (!step.done) {
		const { value } = step;
		if (value instanceof Ahead && !value.isYielded) {
			value.isYielded = true;
			step = steps.next(UNANSWERED);
			continue;
		}
		const request = value instanceof Ahead ? value.request : value;
		let reply: Reply;
		try {
			reply = engine.submitSync(request, optionsFor(request, options));
		} catch (error) {
			retrace(error, driveSync);
			step = steps.throw(error);
			continue;
		}
		step = steps.next(reply);
	}
	return step.value;
}

function sendAhead(engine: Engine, ahead: Ahead, options: CallOptions | undefined): void {
	ahead.isYielded = true;
	ahead.reply = engine.submit(ahead.request, options);
	// Perhaps nobody asks for it again.
	ahead.reply.catch(ignoreFailure);
}

function replyTo(engine: Engine, asked: Request | Ahead, options: CallOptions | undefined): Promise<Reply> {
	if (!(asked instanceof Ahead)) return engine.submit(asked, optionsFor(asked, options));
	return asked.reply ?? engine.submit(asked.request, options);
}

/** Throws an error as if it came from the code that awaits it. */
export function rethrow(error: unknown): never {
	retrace(error, rethrow);
	throw error;
}

/**
 * Begins the stack of an error below `above`. The pool makes its errors where completions are taken, far from the call or deep
 * below it. Within a promise reaction JavaScript knows who awaits, so that a stack taken here shows the line that made the call.
 */
function retrace(error: unknown, above: (...input: never[]) => unknown): void {
	// Not every platform can.
	if (error instanceof HoldfastError) Error.captureStackTrace?.(error, above);
}

/** What gives something back is sent whatever became of the call that it cleans up after. */
function optionsFor(request: Request, options: CallOptions | undefined): CallOptions | undefined {
	return givesBack(request) ? undefined : options;
}
