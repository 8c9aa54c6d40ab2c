@echo off
setlocal DisableDelayedExpansion
rem 双击运行：核对本盘，安装到本机，打开地图。不需要安装软件，不需要管理员权限。
rem Checks this disk, installs it and serves the map. No rights of an administrator are needed.
set "PYTHONDONTWRITEBYTECODE=1"
set "HERE=%~dp0."
set "PYTHON=%~dp0runtime\python.exe"
if not exist "%PYTHON%" set "PYTHON=%~dp0staging\old-runtime\python.exe"
if not exist "%PYTHON%" goto nopython
if not "%~1"=="" goto direct
set "TARGET=%HERE%"
if exist "%HERE%\current.json" goto serve

set "TARGET=%USERPROFILE%\longquan-map"
echo.
echo 安装到哪个文件夹？直接按回车：
echo Install into which folder? Press Enter for:
echo   "%TARGET%"
set "ANSWER="
set /p "ANSWER=: "
if defined ANSWER set "TARGET=%ANSWER:"=%"
"%PYTHON%" "%HERE%\office.py" import "%HERE%" "%TARGET%"
if errorlevel 1 goto failed
rem 本文件和 Python 已留在那里，以后不用插盘也能打开地图；现在就用那里的，盘可以拔出。
rem This file and Python are there now, so that the map opens without the disk, which may be taken away.
if exist "%TARGET%\runtime\python.exe" set "PYTHON=%TARGET%\runtime\python.exe"

:serve
echo.
echo 地图服务运行期间请不要关闭本窗口。
echo Keep this window open while the map is in use.
start "" /min cmd /c "ping -n 4 127.0.0.1 >nul & start http://127.0.0.1:8080/"
"%PYTHON%" "%TARGET%\office.py" serve "%TARGET%"
if errorlevel 1 goto failed
goto done

:direct
"%PYTHON%" "%HERE%\office.py" %*
exit /b %ERRORLEVEL%

:nopython
echo 本盘缺少 runtime\python.exe，请重新拷贝整个文件夹。
echo runtime\python.exe is missing: copy the whole folder again.

:failed
echo.
echo 未完成。正在使用的数据没有改动。请把以上文字告诉送盘单位。
echo Not done. What was in use has not been changed.
pause
exit /b 1

:done
pause
exit /b 0
