import { type App, type RouteContext } from '../app-type.ts';
import { conflict, notFound } from '../http-error.ts';
import {
  NewRepository,
  Nothing,
  Repository,
  type RepositoryBody,
  RepositoryChange,
  RepositoryList,
  RepositoryPlace,
  SecretList,
  SecretPlace,
  SecretValue,
} from '../schemas/index.ts';

export function repositoryRoutes(app: App, context: RouteContext): void {
  listAndCreate(app, context);
  settingsRoutes(app, context);
  secretRoutes(app, context);
}

function pushUrl({ baseUrl }: RouteContext, name: string): string {
  return `${baseUrl()}/git/${name}.git`;
}

function listAndCreate(app: App, context: RouteContext): void {
  const { repositories } = context.services;
  const tags = ['repositories'];

  app.get(
    '/api/repositories',
    { config: { access: 'read' }, schema: { summary: 'All repositories', tags, response: { 200: RepositoryList } } },
    () => repositories.names().map((name) => ({ name, pushUrl: pushUrl(context, name) })),
  );

  app.post(
    '/api/repositories',
    {
      config: { access: 'member' },
      schema: { summary: 'Make an empty one', tags, body: NewRepository, response: { 201: Repository } },
    },
    async ({ body: { name } }, reply) => {
      if (!(await repositories.create(name))) throw conflict('There is a repository of that name');
      void reply.code(201);
      return settingsBody(context, name);
    },
  );
}

function settingsRoutes(app: App, context: RouteContext): void {
  const tags = ['repositories'];

  app.get(
    '/api/repositories/:name',
    {
      config: { access: 'admin' },
      schema: { summary: 'Its settings', tags, params: RepositoryPlace, response: { 200: Repository } },
    },
    ({ params: { name } }) => settingsBody(context, name),
  );

  app.patch(
    '/api/repositories/:name',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change settings',
        tags,
        params: RepositoryPlace,
        body: RepositoryChange,
        response: { 200: Repository },
      },
    },
    ({ params: { name }, body }) => {
      settingsBody(context, name);
      context.services.repositories.change(name, body);
      return settingsBody(context, name);
    },
  );
}

function secretRoutes(app: App, { services: { repositories } }: RouteContext): void {
  const tags = ['secrets'];
  const demand = (name: string): void => {
    if (repositories.settings(name) === null) throw notFound('repository');
  };

  app.get(
    '/api/repositories/:name/secrets',
    {
      config: { access: 'member' },
      schema: { summary: 'Names of its secrets', tags, params: RepositoryPlace, response: { 200: SecretList } },
    },
    ({ params: { name } }) => {
      demand(name);
      return repositories.secrets(name);
    },
  );

  app.put(
    '/api/repositories/:name/secrets/:secret',
    {
      config: { access: 'member' },
      schema: { summary: 'Set one', tags, params: SecretPlace, body: SecretValue, response: { 204: Nothing } },
    },
    ({ params: { name, secret }, body: { value } }, reply) => {
      demand(name);
      repositories.setSecret(name, secret, value);
      void reply.code(204);
      return null;
    },
  );

  app.delete(
    '/api/repositories/:name/secrets/:secret',
    {
      config: { access: 'member' },
      schema: { summary: 'Forget one', tags, params: SecretPlace, response: { 204: Nothing } },
    },
    ({ params: { name, secret } }, reply) => {
      demand(name);
      if (!repositories.removeSecret(name, secret)) throw notFound('secret');
      void reply.code(204);
      return null;
    },
  );
}

/** Throws a 404 where there is no such repository. */
function settingsBody(context: RouteContext, name: string): RepositoryBody {
  const settings = context.services.repositories.settings(name);
  if (settings === null) throw notFound('repository');
  const webhookUrl = `${context.baseUrl()}/webhooks/${name}`;
  return { name, ...settings, pushUrl: pushUrl(context, name), webhookUrl };
}
