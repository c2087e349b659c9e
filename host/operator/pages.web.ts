import type { Reply, Request } from '../pool/request.js';
import { Ahead, type Steps } from './drivers.js';
import type { Invocation } from './invocation.js';
import { ListPage } from './list-page.js';
import { listRequest } from './requests.js';

/** The pages of one directory, in order. While the caller takes the entries of one, the only engine reads the next one. */
export class Pages {
	readonly #invocation: Invocation;
	readonly #path: string;
	#ahead: Ahead | undefined;
	/** Where the page begins that is asked for next. */
	#cookie = 0;
	isFinished = false;

	constructor(invocation: Invocation, path: string) {
		this.#invocation = invocation;
		this.#path = path;
	}

	/** The next page; `opened` is the answer to opening the directory. */
	*next(opened: Reply): Steps<ListPage> {
		const ahead = this.#ahead;
		this.#ahead = undefined;
		const reply = yield ahead ?? this.#request(opened);
		this.#cookie = reply.total;
		this.isFinished = reply.total === 0;
		if (this.#invocation.mayAskAhead && !this.isFinished) {
			this.#ahead = new Ahead(this.#request(opened));
			yield this.#ahead;
		}
		return new ListPage(reply);
	}

	/** Forgets what is on its way: the directory is closed, and may be opened again. */
	restart(): void {
		this.#ahead = undefined;
	}

	#request(opened: Reply): Request {
		return listRequest(this.#invocation, this.#path, opened, this.#cookie, true);
	}
}
