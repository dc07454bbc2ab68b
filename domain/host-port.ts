/** Host and port as they stand in a URL and as people write them: an IPv6 address in brackets (RFC 3986, 3.2.2). */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
