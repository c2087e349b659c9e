import { type ErrorCode, HoldfastError } from '../errors.js';
import type { CallOptions, Reply, Request } from '../pool/request.js';
import type { OperatorContext } from './context.js';
import { driveAsync, driveSync, type Steps } from './drivers.js';
import { callOptionsOf, type ParsedOptions } from './parse-options.js';
import { formatPath, type ParsedPath } from './path.js';

/** A method that was called, after its arguments were looked at: whatever is asked of the engine for it, now or later, is made from this. */
export class Invocation {
	readonly context: OperatorContext;
	/** What the user called. */
	readonly operation: string;
	readonly at: ParsedPath;
	readonly options: ParsedOptions;
	/** What the engine needs of the options. */
	readonly callOptions: CallOptions | undefined;

	constructor(context: OperatorContext, operation: string, at: ParsedPath, options: ParsedOptions) {
		this.context = context;
		this.operation = operation;
		this.at = at;
		this.options = options;
		this.callOptions = callOptionsOf(options);
	}

	/** The path as a person writes it, for errors. */
	get path(): string {
		return formatPath(this.at.path, this.at.isDirectory);
	}

	error(code: ErrorCode, message: string, cause?: unknown): HoldfastError {
		return new HoldfastError(code, message, { operation: this.operation, path: this.path, cause });
	}

	/** With a deadline nothing is asked for early: while the caller does something else, its time would run. */
	get mayAskAhead(): boolean {
		return this.callOptions?.timeoutMs === undefined;
	}

	submit(request: Request): Promise<Reply> {
		return this.context.engine.submit(request, this.callOptions);
	}

	submitSync(request: Request): Reply {
		return this.context.engine.submitSync(request, this.callOptions);
	}

	drive<T>(steps: Steps<T>): Promise<T> {
		return driveAsync(this.context.engine, steps, this.callOptions);
	}

	driveSync<T>(steps: Steps<T>): T {
		return driveSync(this.context.engine, steps, this.callOptions);
	}
}
