// Serves the page of this folder and the built package, on this computer only.
//
//   npm run build
//   node examples/browser/serve.mjs              one worker, messages
//   node examples/browser/serve.mjs --isolated   cross-origin isolated: shared memory

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const BUILD = fileURLToPath(new URL('../../build/', import.meta.url));
const TYPES = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript',
	'.css': 'text/css',
	'.wasm': 'application/wasm',
};
const isIsolated = process.argv.includes('--isolated');
const port = Number(process.env.PORT ?? 8080);

const server = createServer((request, response) => {
	const path = normalize(decodeURIComponent(new URL(request.url, 'http://page').pathname));
	const file = path.startsWith('/build/')
		? join(BUILD, path.slice('/build/'.length))
		: join(HERE, path === '/' ? 'index.html' : path);
	if (!existsSync(file) || !statSync(file).isFile()) {
		response.writeHead(404).end('not found');
		return;
	}
	const headers = { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' };
	if (isIsolated) {
		headers['Cross-Origin-Opener-Policy'] = 'same-origin';
		headers['Cross-Origin-Embedder-Policy'] = 'require-corp';
	}
	response.writeHead(200, headers);
	createReadStream(file).pipe(response);
});
server.listen(port, '127.0.0.1', () => console.log(`http://localhost:${server.address().port}/`));
