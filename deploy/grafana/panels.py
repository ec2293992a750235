"""Grafana's dashboard model, as far as these dashboards use it."""

from quantities import grafana_unit, unit_text

DATASOURCE = {"type": "prometheus", "uid": "$datasource"}
COLUMNS = 24


class Panel:
    """One plot or number; `series`: (legend, Quantity), of one unit."""

    def __init__(self, title, *series, kind="timeseries", about="",
                 stacked=False, unit=None, width=8, height=7):
        self.title, self.series, self.kind = title, series, kind
        self.about, self.stacked = about, stacked
        self.width, self.height = width, height
        units = {grafana_unit(quantity) for _, quantity in series}
        assert len(units) == 1 or unit, f"{title}: {units}"
        self.unit = unit or units.pop()

    def model(self, number, x, y):
        defaults = {"unit": self.unit}
        if self.kind == "timeseries":
            defaults["min"] = 0
            defaults["custom"] = {
                "fillOpacity": 20 if self.stacked else 0,
                "stacking": {"mode": "normal" if self.stacked else "none"}}
        return {
            "id": number, "type": self.kind, "title": self.title,
            "description": self.about, "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": {"legend": {"displayMode": "list",
                                   "placement": "bottom"}}
            if self.kind == "timeseries" else {},
            "targets": [self._target(i, *one)
                        for i, one in enumerate(self.series)],
        }

    @staticmethod
    def _target(place, legend, quantity):
        if legend and quantity.is_of_each_server():
            legend += ", {{instance}}"
        target = {"refId": chr(ord("A") + place), "datasource": DATASOURCE,
                  "expr": quantity.text, "legendFormat": legend,
                  "unit": unit_text(quantity.unit)}
        if quantity.needs:
            target["needs"] = quantity.needs
        return target


def number(title, quantity, **more):
    return Panel(title, ("", quantity), kind="stat", width=4, height=4, **more)


def _placed(rows):
    panels, y = [], 0
    for title, row in rows.items():
        panels.append({"id": len(panels) + 1, "type": "row", "title": title,
                       "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}})
        x, y, height = 0, y + 1, 0
        for panel in row:
            if x + panel.width > COLUMNS:
                x, y, height = 0, y + height, 0
            panels.append(panel.model(len(panels) + 1, x, y))
            x, height = x + panel.width, max(height, panel.height)
        y += height
    return panels


def _variable(name, label, query, **more):
    return {"name": name, "label": label, "type": "query",
            "datasource": DATASOURCE, "definition": query,
            "query": {"query": query, "refId": name}, "refresh": 2,
            "includeAll": True, "multi": True,
            "current": {"text": "All", "value": "$__all"}, **more}


def _annotation(name, color, expression, text):
    return {"name": name, "datasource": DATASOURCE, "enable": True,
            "iconColor": color, "expr": expression, "titleFormat": name,
            "textFormat": text, "step": "30s"}


def dashboard(uid, title, about, rows):
    return {
        "uid": uid, "title": title, "description": about,
        "tags": ["millijoule"], "schemaVersion": 38, "editable": True,
        "timezone": "", "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["millijoule"],
                   "title": "Millijoule", "asDropdown": False}],
        "templating": {"list": [
            {"name": "datasource", "label": "Data source",
             "type": "datasource", "query": "prometheus"},
            _variable("model", "Model",
                      "label_values(millijoule_steps_total, model_name)",
                      allValue=".*"),
            _variable("instance", "Server",
                      'label_values(millijoule_steps_total{model_name=~'
                      '"$model"}, instance)')]},
        "annotations": {"list": [
            _annotation("Server started", "blue",
                        'changes(process_start_time_seconds{'
                        'job="millijoule", instance=~"$instance"}[1m]) > 0',
                        "{{instance}}"),
            _annotation("Alert", "red",
                        'ALERTS{alertstate="firing", '
                        'alertname=~"Millijoule.*"}',
                        "{{alertname}}: {{instance}}")]},
        "panels": _placed(rows),
    }
