/** Servers of this process for tests of requests, and certificates made for one run. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Host {
  readonly port: number;
  readonly origin: string;
  /** What it was asked, in order. */
  readonly seen: Seen[];
}

/** A host that notes each request once its body is there, and then answers. */
export async function host(answer: RequestListener): Promise<Host> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers, body });
      answer(request, response);
    });
    response.on("error", () => undefined);
  });
  const port = await listening(server);
  return { port, origin: `http://127.0.0.1:${port}`, seen };
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Signed by itself, for one name. */
export function certificateFor(name: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "sunbeat-tls-"));
  try {
    const [key, cert] = ["key.pem", "cert.pem"].map((file) => join(folder, file));
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    execFileSync(
      "openssl",
      ["req", "-x509", ...kind, "-days", "2", ...subject, "-keyout", key!, "-out", cert!],
      { stdio: "ignore" },
    );
    return { key: readFileSync(key!, "utf8"), cert: readFileSync(cert!, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function tlsHost(certificate: Certificate, answer: RequestListener): Promise<number> {
  return listening(createTlsServer(certificate, answer));
}
