import type { Words } from '../messages/i18n.ts';

export type ServerWord = keyof typeof zh;

const zh = {
  notices: '提示',
  offline: '连接不到服务器。看过的地方仍可查看，其余待连接恢复后自动补上。',
  download: '正在整份下载“{name}”（{size} MB）…',
  detour: '服务器不支持分段读取，地图数据已整份下载。能用，但较慢；大的数据将无法打开。',
  detourEncoding: '服务器压缩了地图数据，只能整份下载。能用，但较慢；大的数据将无法打开。',
  broken: '{names}：数据文件无法读取',
  withdrawn: '{names}：发布单位已撤回此数据',
  details: '详情',
  dismiss: '知道了',
  changed: '数据已更新。现在显示的是打开本页时的版本。',
  reload: '刷新',
  later: '稍后',
  serverFault: '服务器的问题与解决办法',
  close: '关闭',
  and: '、',
};

const en: Record<ServerWord, string> = {
  notices: 'Notices',
  offline: 'The server cannot be reached. What you have seen stays; the rest comes when the connection is back.',
  download: 'Fetching all of “{name}” ({size} MB) …',
  detour: 'The server gives no parts of files, so the map data was fetched whole. It works, slowly; large data cannot be opened.',
  detourEncoding: 'The server packs the map data once more, so it was fetched whole. It works, slowly; large data cannot be opened.',
  broken: '{names}: the data file cannot be read',
  withdrawn: '{names}: withdrawn by those who published it',
  details: 'Details',
  dismiss: 'I see',
  changed: 'The data has been updated. You see it as it was when this page was opened.',
  reload: 'Reload',
  later: 'Later',
  serverFault: 'What is wrong with the server, and what helps',
  close: 'Close',
  and: ', ',
};

export const serverWords: Words<ServerWord> = { zh, en };
