/** Every export is a registered workflow type. */
export { elevatedAccess } from './elevated-access.ts';
