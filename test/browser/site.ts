import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript',
	'.mjs': 'text/javascript',
	'.css': 'text/css',
	'.wasm': 'application/wasm',
};
const ISOLATION = {
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Files of some folders, on the loopback interface. */
export class Site {
	readonly #server: Server;

	private constructor(server: Server) {
		this.#server = server;
	}

	/** `folders` by the path under which they appear, the longest first. Isolated: with the headers that shared memory needs. */
	static async open(folders: Readonly<Record<string, string>>, isIsolated: boolean): Promise<Site> {
		const server = createServer((request, response) => {
			const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname));
			const mount = Object.keys(folders).find((prefix) => path.startsWith(prefix));
			const file = mount === undefined ? '' : join(folders[mount] as string, path.slice(mount.length) || 'index.html');
			if (!existsSync(file)) {
				response.writeHead(404).end();
				return;
			}
			const type = TYPES[extname(file)] ?? 'application/octet-stream';
			response.writeHead(200, { 'Content-Type': type, ...(isIsolated ? ISOLATION : {}) });
			createReadStream(file).pipe(response);
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		return new Site(server);
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	async close(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}
