import { OP_CLOSE, OP_OPEN, OP_WRITER_ABORT, OP_WRITER_OPEN } from '../../assembly/layout.js';
import { type Reply, Request } from './request.js';

/** What closes that which a request has opened and nobody waits for any more; `undefined` when it has opened nothing. */
export function closingRequest(
	request: Request,
	reply: Pick<Reply, 'fd' | 'handle' | 'incarnation'>,
): Request | undefined {
	const op = request.op === OP_OPEN ? OP_CLOSE : request.op === OP_WRITER_OPEN ? OP_WRITER_ABORT : 0;
	if (op === 0) return undefined;
	const closing = new Request(op, request.operation, request.path);
	closing.root = request.root;
	closing.fd = reply.fd;
	closing.handle = reply.handle;
	closing.lane = request.lane;
	if (op === OP_WRITER_ABORT) closing.pinned = reply.incarnation;
	return closing;
}
