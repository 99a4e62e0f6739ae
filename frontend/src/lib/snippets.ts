/** snippets are what a person pastes to point other programs here. The token is fetched by the command, never shown. */
export function snippets(control: string, serving: string) {
  return {
    mlflow: [`export MLFLOW_TRACKING_URI=${control}`, 'export MLFLOW_TRACKING_TOKEN=$(rondo token)', 'python train.py'].join('\n'),
    serving: ['export RONDO_TOKEN=$(rondo token --serving)', `curl -H "Authorization: Bearer $RONDO_TOKEN" ${serving}/v2/health/ready`].join('\n'),
    prometheus: ['scrape_configs:', '  - job_name: rondo', '    authorization: {credentials_file: rondo.token}', `    static_configs: [{targets: ["${serving.replace(/^https?:\/\//, '')}"]}]`].join('\n'),
  }
}
