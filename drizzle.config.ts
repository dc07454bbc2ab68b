import { defineConfig } from 'drizzle-kit';

/** Migrations are generated from db/schema and then read, and edited where SQL says more than a schema can. */
export default defineConfig({ dialect: 'postgresql', schema: './db/schema/*.ts', out: './db/migrations' });
